"""Every script in examples/ runs to its end and leaves its figures behind."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import fastmlp

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install fastmlp[plot]")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install fastmlp[sklearn]")

FOLDER = Path(__file__).parents[1] / "examples"
Run = Callable[[str], str]
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
FILES = {  # what a script leaves behind
    "activation_functions": ["activation_functions.png", "smooth_activations.png"],
    "callbacks": ["best_model.h5"],
    "hyperparameters": [],
    "image_classifier": ["learning_curves.png", "predictions.png", "samples.png"],
    "learning_rate": ["learning_rate.png"],
    "logic_gates": [],
    "perceptron": ["perceptron.png"],
    "regression": ["regression.png"],
    "saving": ["my_keras_model.h5", "my_keras_model.keras", "my_keras_model.weights.h5"],
    "several_inputs": ["several_inputs.png"],
    "several_outputs": ["several_outputs.png"],
    "subclassing": [],
    "tensorboard_curves": ["my_logs"],
    "wide_and_deep": ["wide_and_deep.png"],
    "xor": ["xor.png"],
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a script in an empty folder and returns what it prints."""

    def script(name: str) -> str:
        text = (FOLDER / f"{name}.py").read_text()
        if "housing()" in text:
            needs_housing()
        if "TensorBoard" in text:
            pytest.importorskip("tensorboard", reason="needs tensorboard: pip install fastmlp[tensorboard]")
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(FOLDER)
        monkeypatch.setattr(sys, "argv", [name, *(["--epochs", "1"] if "epochs(" in text else [])])
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return script


def needs_housing() -> None:
    from sklearn.datasets import fetch_california_housing

    try:
        fetch_california_housing(download_if_missing=False)
    except OSError as error:
        pytest.skip(f"needs California housing in scikit-learn's data folder: {error}")


def test_every_script_is_listed() -> None:
    assert [path.stem for path in SCRIPTS] == sorted(FILES)
    listed = (FOLDER / "README.md").read_text()
    assert all(f"[{path.name}]({path.name})" in listed for path in SCRIPTS)
    assert max(path.read_text().count("\n") for path in SCRIPTS) < 60


@pytest.mark.parametrize("name", sorted(set(FILES) - {"image_classifier"}))
def test_a_script(run: Run, tmp_path: Path, name: str) -> None:
    run(name)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES[name]


def test_the_classifier_without_fashion_mnist(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable() -> None:
        raise OSError("no network here")

    monkeypatch.setattr(fastmlp.datasets.fashion_mnist, "load_data", unreachable)
    assert "Test: [" in run("image_classifier")
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES["image_classifier"]


def test_the_gates_compute_logic(run: Run) -> None:
    rows = [[int(word) for word in line.split()] for line in run("logic_gates").splitlines()[1:]]
    assert rows == [[a, b, a, a & b, a | b, a & (1 - b)] for a in (0, 1) for b in (0, 1)]


def test_xor_and_the_perceptron(run: Run) -> None:
    assert run("xor").splitlines() == ["0 0 -> 0", "0 1 -> 1", "1 0 -> 1", "1 1 -> 0"]
    assert "Accuracy: 1.0" in run("perceptron")


def test_a_script_from_a_terminal(tmp_path: Path) -> None:
    command = [sys.executable, FOLDER / "activation_functions.py"]
    environment = {**os.environ, "PYTHONPATH": str(Path(fastmlp.__file__).parents[1])}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, stdin=subprocess.DEVNULL)
    assert (tmp_path / "activation_functions.png").exists()
