"""Judges the moving average of the weights instead of the weights."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.callbacks.callback import Callback, Logs


class SwapEMAWeights(Callback):
    """Puts the moving averages of the weights in their place for each evaluation, validation and prediction.

    It needs an optimizer with `use_ema=True`.

    Parameters
    ----------
    swap_on_epoch : bool
        Whether the averages stay in the model from the end of an epoch to the beginning of the next one too, so that
        callbacks behind this one, such as a ModelCheckpoint, find them there.

    Raises
    ------
    ValueError
        From `fit`, `evaluate` or `predict`, if the optimizer keeps no averages.
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = swap_on_epoch
        self._weights: list[NDArray[Any]] | None = None  # while the averages are in the model

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Take the weights back."""
        if self.swap_on_epoch:
            self._have_averages(False)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Take the averages; after the last epoch for good."""
        if self.swap_on_epoch:
            self._have_averages(True)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Leave the averages in the model: so does the optimizer."""
        self._weights = None

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Take the averages."""
        self._have_averages(True)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Take the weights back."""
        self._have_averages(False)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Take the averages."""
        self._have_averages(True)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Take the weights back."""
        self._have_averages(False)

    def close(self) -> None:
        """Take the weights back after an error."""
        self._have_averages(False)

    def _have_averages(self, wanted: bool) -> None:
        """See that the averages are in the model, or the weights."""
        if wanted == (self._weights is not None):
            return
        optimizer, variables = self.model.optimizer, self.model.trainable_variables
        if not getattr(optimizer, "use_ema", False):
            raise ValueError("SwapEMAWeights needs an optimizer with use_ema=True. Received: use_ema=False")
        values = self._weights or [average.value for average in optimizer.averages(variables)]
        self._weights = [np.array(variable.value) for variable in variables] if wanted else None
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
