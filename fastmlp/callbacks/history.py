"""The callback that fit returns."""

from typing import Any

from fastmlp.callbacks.callback import Callback, Logs


class History(Callback):
    """Records the logs of every epoch.

    Attributes
    ----------
    history : dict
        For each key of the logs ("loss", "accuracy", "val_loss", ...) a list with one value an epoch.
    epoch : list of int
        The epochs' numbers, from `initial_epoch` on.
    params : dict
        "verbose", "epochs" and "steps" of the call of fit.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def set_model(self, model: Any) -> None:
        """Receive the model and become its `history`."""
        super().set_model(model)
        model.history = self

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start anew."""
        self.epoch = []
        self.history = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Append the epoch's logs."""
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)
