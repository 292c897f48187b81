"""The progress of fit, evaluate and predict, drawn by tqdm in a terminal and a notebook, in plain lines elsewhere."""

import sys
import time
from typing import Any

from fastmlp.callbacks.callback import Callback, Logs

_WIDTH = 30  # characters of a full bar


class ProgbarLogger(Callback):
    """Prints a line for each epoch; with `verbose=1` and somebody watching, a bar grows where the line will be.

    Attributes
    ----------
    samples : int or None
        Rows of one epoch, of the evaluation, or of the prediction; set by the model. None where nobody knows.
    validation_samples : int or None
        Rows of the validation; set by the model.
    """

    def __init__(self) -> None:
        self.samples: int | None = 0
        self.validation_samples: int | None = None
        self._training = False
        self._validating = False
        self._rows = 0  # done so far
        self._bar: Any = None
        self._start = 0.0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Print how much there is to do."""
        self._training = True
        if self.params["verbose"]:
            validation = "" if self.validation_samples is None else f", validate on {self.validation_samples} samples"
            _print(f"Train on {'batches' if self.samples is None else f'{self.samples} samples'}{validation}")

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Forget the training."""
        self._training = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Print the epoch's number and start its bar."""
        if self.params["verbose"]:
            _print(f"Epoch {epoch + 1}/{self.params['epochs']}")
            self._open()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Print the epoch's line."""
        if self.params["verbose"]:
            self._finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Start the bar of an evaluation."""
        self._validating = self._training
        if self.params["verbose"] and not self._training:
            self._open()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Print the line of an evaluation."""
        self._validating = False
        if self.params["verbose"] and not self._training:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Start the bar of a prediction."""
        if self.params["verbose"]:
            self._open()

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Print the line of a prediction."""
        if self.params["verbose"]:
            self._finish(None)

    def on_progress(self, rows: int, logs: Logs | None = None) -> None:
        """Let the bar grow; an epoch's stays as it is during its validation."""
        if self._validating:
            return
        self._rows = rows
        if self._bar is not None:
            self._bar.set_description_str(_described(logs), refresh=False)
            self._bar.update(rows - self._bar.n)

    def close(self) -> None:
        """Take an unfinished bar away: the call is over, perhaps before its time."""
        self._training = self._validating = False
        self._drop_bar()

    def _open(self) -> None:
        if self.params["verbose"] == 1 and _is_watched():
            from fastmlp.callbacks._bar import Bar  # only here: not everybody draws

            self._bar = Bar(self.samples, _WIDTH)
        self._rows = 0
        self._start = time.perf_counter()

    def _drop_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _finish(self, logs: Logs | None) -> None:
        self._drop_bar()
        samples = self._rows if self.samples is None else self.samples
        grown = "=" * (_WIDTH * self._rows // max(samples, 1))
        bar = f" [{grown:.<{_WIDTH}}]" if self.params["verbose"] == 1 else ""
        duration = _duration(time.perf_counter() - self._start)
        _print(f"{self._rows}/{samples}{bar} - {duration}{_described(logs)}")


def _print(line: str) -> None:
    print(line, flush=True)


def _is_watched() -> bool:
    """Tell whether a bar can be redrawn where the output goes: a terminal, or the output of a notebook's cell."""
    return sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f}s" if seconds >= 1 else f"{seconds * 1000:.0f}ms"


def _described(logs: Logs | None) -> str:
    return "".join(f" - {key}: {_number(value)}" for key, value in (logs or {}).items())


def _number(value: float) -> str:
    if not isinstance(value, float | int):  # a metric of several numbers
        return str(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or value == 0 else f"{value:.4e}"
