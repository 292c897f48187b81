"""`python -m fastmlp info | demo | bench`."""

import csv
import importlib.util
from pathlib import Path

import pytest

import fastmlp
from fastmlp import __main__, _engine
from fastmlp.callbacks import History


def test_info_says_what_is_behind_the_installation(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["info"]) == 0
    printed = capsys.readouterr().out
    for expected in (fastmlp.__version__, _engine.isa(), _engine.compiler()):
        assert expected in printed


def test_demo_trains_on_digits_and_writes_the_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    out = tmp_path / "new" / "folder"
    assert __main__.main(["demo", "--epochs", "3", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "12,060" in printed or "12060" in printed  # parameters of 64-100-50-10
    assert "Accuracy on 300 test images: 0." in printed
    with (out / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert float(rows[2]["loss"]) < float(rows[0]["loss"])
    assert (out / "learning_curves.png").read_bytes().startswith(b"\x89PNG")


def test_fashion_mnist_is_cut_as_in_the_chapter() -> None:
    try:
        train, valid, test = __main__.load_fashion_mnist()
    except OSError as error:
        pytest.skip(str(error))
    assert [len(part.labels) for part in (train, valid, test)] == [55000, 5000, 10000]
    assert train.images.shape == (55000, 28, 28)
    assert train.images.dtype == "float32"
    assert train.images.max() == 1


@pytest.mark.parametrize("module", ["matplotlib", "sklearn"])
def test_demo_says_what_is_missing(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find_spec(name))
    with pytest.raises(SystemExit, match=module):
        __main__.main(["demo"])


def test_demo_says_in_one_line_that_its_data_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise OSError("Fashion-MNIST was not found")

    monkeypatch.setitem(__main__.TASKS, "fashion-mnist", __main__.TASKS["fashion-mnist"]._replace(load=load))
    with pytest.raises(SystemExit) as caught:
        __main__.main(["demo", "--data", "fashion-mnist", "--out", str(tmp_path)])
    assert caught.value.code == "Fashion-MNIST was not found"


def test_demo_says_before_it_trains_that_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="Not a directory") as caught:
        __main__.main(["demo", "--out", str(tmp_path / "file" / "out")])
    assert str(tmp_path) in str(caught.value.code)
    assert capsys.readouterr().out == ""


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["--version"])
    assert capsys.readouterr().out == f"fastmlp {fastmlp.__version__}\n"


@pytest.mark.parametrize("epochs", ["0", "-1", "1.5", "many"])
def test_epochs_must_be_a_positive_integer(epochs: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["demo", "--epochs", epochs])
    assert f"must be a positive integer. Received: {epochs}" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["info"], ["demo"], ["bench"]])
def test_help_documents_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        __main__.main([*command, "--help"])
    assert caught.value.code == 0
    assert "usage: python -m fastmlp" in capsys.readouterr().out


def test_bench_needs_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(__main__, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="checkout"):
        __main__.main(["bench"])


def test_history_is_written_as_the_log_shows_it(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    history = History()
    history.epoch = [3, 4]
    history.history = {"loss": [0.5, 1 / 3], "val_loss": [0.75, 0.7]}
    __main__.write_history(history, tmp_path)
    assert (tmp_path / "history.csv").read_text().splitlines() == [
        "epoch,loss,val_loss",
        "4,0.5,0.75",
        "5,0.3333333333333333,0.7",
    ]
