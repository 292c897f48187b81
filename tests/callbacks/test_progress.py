import io
import re
import sys
from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import Callback, ProgbarLogger

X, Y = np.zeros((50, 2), np.float32), np.ones((50, 1), np.float32)
LINE = r"50/50 \[={30}\] - \d+ms"
LOGS = r" - loss: \d\.\d{4} - mae: \d\.\d{4}"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def model_of() -> fastmlp.Sequential:
    model = fastmlp.Sequential([layers.Dense(1, input_shape=[2])])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def output(capsys: pytest.CaptureFixture[str]) -> list[str]:
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


def assert_lines(lines: list[str], patterns: list[str]) -> None:
    assert len(lines) == len(patterns), lines
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), (line, pattern)


def test_lines_of_fit_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    model_of().fit(X, Y, epochs=2, validation_data=(X[:20], Y[:20]))
    both = LOGS + LOGS.replace("loss", "val_loss").replace("mae", "val_mae")
    assert_lines(
        output(capsys),
        ["Train on 50 samples, validate on 20 samples", "Epoch 1/2", LINE + both, "Epoch 2/2", LINE + both],
    )


def test_lines_of_fit_that_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    model_of().fit(X, Y, epochs=3, initial_epoch=2, verbose=2)
    assert_lines(output(capsys), ["Train on 50 samples", "Epoch 3/3", r"50/50 - \d+ms" + LOGS])


def test_lines_of_evaluate_and_predict(capsys: pytest.CaptureFixture[str]) -> None:
    model = model_of()
    model.evaluate(X, Y)
    model.predict(X)
    model.predict(X, verbose=1)
    assert_lines(output(capsys), [LINE + LOGS, LINE])


def test_silence(capsys: pytest.CaptureFixture[str]) -> None:
    model = model_of()
    model.fit(X, Y, validation_split=0.5, verbose=0, callbacks=[ProgbarLogger()])
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    assert output(capsys) == []


def test_a_progress_that_the_user_gave_is_the_only_one(capsys: pytest.CaptureFixture[str]) -> None:
    model_of().fit(X, Y, callbacks=[ProgbarLogger()])
    assert_lines(output(capsys), ["Train on 50 samples", "Epoch 1/1", LINE + LOGS])


def test_what_other_callbacks_add_to_the_logs_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    class Adding(Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            assert logs is not None
            logs["lr"] = 1e-5

    model_of().fit(X, Y, callbacks=[Adding()])
    assert output(capsys)[-1].endswith(" - lr: 1.0000e-05")


def test_an_epoch_that_stops_early_says_how_far_it_came(capsys: pytest.CaptureFixture[str]) -> None:
    class Stopping(Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            self.model.stop_training = batch == 1

    model_of().fit(X, Y, batch_size=10, epochs=3, validation_data=(X[:30], Y[:30]), callbacks=[Stopping()])
    assert output(capsys)[-1].startswith(f"20/50 [{'=' * 12}{'.' * 18}] - ")


class EveryBatch(Callback):
    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        pass


def test_a_bar_grows_in_a_terminal_and_gives_way_to_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    model_of().fit(X, Y, batch_size=1, epochs=2, callbacks=[EveryBatch()])
    text = terminal.getvalue()
    assert re.search(r"\r *\d+/50 \[=*\.*\] - ETA: [\d:?]+", text)
    shown = [line.rpartition("\r")[2] for line in text.removesuffix("\n").split("\n")]
    assert_lines(shown, ["Train on 50 samples", "Epoch 1/2", LINE + LOGS, "Epoch 2/2", LINE + LOGS])


def test_a_bar_is_taken_away_when_fit_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupting(Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            if batch == 3:
                raise KeyboardInterrupt

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with pytest.raises(KeyboardInterrupt):
        model_of().fit(X, Y, batch_size=1, callbacks=[Interrupting()])
    assert terminal.getvalue().endswith("\r")
    assert terminal.getvalue().splitlines()[-1].strip() == ""


def test_what_a_callback_prints_stands_on_lines_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Printing(EveryBatch):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            if batch == 3:
                print("batch", batch)

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            print("end")

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    model_of().fit(X, Y, batch_size=1, callbacks=[Printing()])
    assert sys.stdout is terminal
    shown = [line.rpartition("\r")[2] for line in terminal.getvalue().removesuffix("\n").split("\n")]
    assert_lines(shown, ["Train on 50 samples", "Epoch 1/1", "batch 3", "end", LINE + LOGS])


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ("0", "5/50 [===...........................] - ETA: ? - loss: 0.1250 - mae: 0.2500"),
        ("60", "5/50 [=.........] - ETA: ? - loss: 0.1250 - mae: 0.2500"),
        ("48", "5/50 - ETA: ? - loss: 0.1250 - mae: 0.2500"),
        ("40", "5/50 - loss: 0.1250 - mae: 0.2500"),
        ("20", "5/50 - loss: 0.1250"),
    ],
)
def test_a_bar_leaves_room_for_the_metrics(columns: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastmlp.callbacks._bar import Bar

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", columns)
    with Bar(50, 30) as bar:
        bar.set_description_str(" - loss: 0.1250 - mae: 0.2500", refresh=False)
        bar.n = 5
        assert re.sub(r"ETA: [\d:?]+", "ETA: ?", str(bar)) == re.sub(r"ETA: [\d:?]+", "ETA: ?", text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.7218, "0.7218"), (0.0, "0.0000"), (1e-3, "1.0000e-03"), (-2.5, "-2.5000"), (float("nan"), "nan")],
)
def test_numbers(value: Any, text: str) -> None:
    from fastmlp.callbacks.progress import _number

    assert _number(value) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.0004, "0ms"), (0.148, "148ms"), (1.4, "1s"), (3.2, "3s")])
def test_durations(seconds: float, text: str) -> None:
    from fastmlp.callbacks.progress import _duration

    assert _duration(seconds) == text
