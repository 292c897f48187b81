"""Ends training when it gets no better."""

from typing import Any

import numpy as np

from fastmlp.callbacks.callback import Logs
from fastmlp.callbacks.monitor_callback import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Ends `fit` after `patience` epochs in which a number of the logs has not become better.

    Parameters
    ----------
    monitor : str
        Key of the number in the logs.
    min_delta : float
        By how much a better value must differ at least.
    patience : int
        How many epochs without a better value end the training.
    verbose : {0, 1}
        Whether to print what is done.
    mode : {"auto", "min", "max"}
        Whether less or more is better; "auto" takes less for a loss and asks the metric for anything else.
    baseline : float, optional
        Patience is not renewed by values that are no better than this.
    restore_best_weights : bool
        Whether the model ends with the weights of the best epoch, whatever ended the training.
    start_from_epoch : int
        Epochs before this one are not looked at.

    Attributes
    ----------
    best : float or None
        The best value so far.
    best_epoch : int
        The number of the epoch that brought it, counted from 0.
    best_weights : list of numpy.ndarray or None
        The weights after that epoch, if they are to be restored.
    stopped_epoch : int
        The number of the epoch that ended the training; 0 if none did.
    wait : int
        Epochs since the last better value.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._forget()

    def _forget(self) -> None:
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[np.ndarray[Any, Any]] | None = None
        self.stopped_epoch = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget the training before."""
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, and end the training when patience is over."""
        value = self.monitored(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Go back to the best weights, if asked to."""
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
