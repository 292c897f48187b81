"""Saves a model while it is trained."""

import os
import warnings
from pathlib import Path

from fastmlp.callbacks._save_freq import BatchCounter, SaveFreq
from fastmlp.callbacks.callback import Logs
from fastmlp.callbacks.monitor_callback import MonitorCallback


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after each epoch or after every so many batches.

    A file is complete or it is the one that was there before, whatever happens while it is written.

    Parameters
    ----------
    filepath : str or path
        The file, ending in ".keras" or ".h5", or in ".weights.h5" for weights. It may hold fields such as
        "{epoch:02d}-{val_loss:.2f}": the number of the epoch, counted from 1, the number of the batch, and the logs.
        Folders that are not there are made.
    monitor : str
        Key of the number in the logs that tells which model is best.
    verbose : {0, 1}
        Whether to print what is saved.
    save_best_only : bool
        Whether only a model that is better than all before is saved.
    save_weights_only : bool
        Whether `save_weights` is called, or `save`.
    mode : {"auto", "min", "max"}
        Whether less or more is better; "auto" takes less for a loss and asks the metric for anything else.
    save_freq : "epoch" or int
        When to save: after each epoch, or after so many batches.
    initial_value_threshold : float, optional
        What the first model must be better than.

    Raises
    ------
    ValueError
        If `filepath` or `save_freq` cannot be.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: SaveFreq = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(f"`filepath` must end in {' or '.join(endings)}. Received: filepath={self.filepath}")
        self._epoch = 0
        self._batches = BatchCounter(save_freq)
        if self._batches.by_batch:  # only then has the engine to return after each batch
            self.on_train_batch_end = self._after_batch  # type: ignore[method-assign]

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Remember the epoch's number."""
        self._epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save, if it is done after epochs."""
        if not self._batches.by_batch:
            self._save_if_wanted({"epoch": epoch + 1}, logs or {})

    def _after_batch(self, batch: int, logs: Logs | None = None) -> None:
        if self._batches.is_due():
            self._save_if_wanted({"epoch": self._epoch + 1, "batch": batch + 1}, logs or {})

    def _save_if_wanted(self, numbers: dict[str, int], logs: Logs) -> None:
        try:
            path = self.filepath.format(**{**numbers, **logs})
        except KeyError as error:
            raise KeyError(
                f"`filepath` may have the fields {[*numbers, *logs]}. Received: {error} in filepath={self.filepath}"
            ) from None
        epoch = f"Epoch {numbers['epoch']}: "
        reason = self._reason(logs)
        if reason is None:
            self._say(f"{epoch}{self.monitor} did not improve from {self.best:.5f}")
            return
        self._say(f"{epoch}{reason}saving model to {path}")
        self._save(path)
        self._say(f"{epoch}finished saving model to {path}")

    def _reason(self, logs: Logs) -> str | None:
        """Return why to save, in words that may be empty, or None if this model is not the best."""
        if not self.save_best_only:
            return ""
        value = logs.get(self.monitor)
        if value is None:
            warnings.warn(
                f"ModelCheckpoint watches '{self.monitor}', which is not in the logs, and saves each time. "
                f"Received: {', '.join(logs)}",
                stacklevel=4,
            )
            return ""
        if not self.improves(value, self.best):
            return None
        before = "None" if self.best is None else f"{self.best:.5f}"
        self.best = value
        return f"{self.monitor} improved from {before} to {value:.5f}, "

    def _say(self, line: str) -> None:
        if self.verbose:
            print(line)

    def _save(self, path: str) -> None:
        if Path(path).is_dir():
            raise IsADirectoryError(f"`filepath` must not be a folder. Received: filepath={path}")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
