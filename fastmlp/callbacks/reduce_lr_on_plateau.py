"""Takes smaller steps when training gets no better."""

from typing import Any

from fastmlp.callbacks.callback import Logs
from fastmlp.callbacks.monitor_callback import MonitorCallback


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by `factor` after `patience` epochs in which a number has not become better.

    The rate is added to the logs as "learning_rate".

    Parameters
    ----------
    monitor : str
        Key of the number in the logs.
    factor : float
        New rate over old; less than 1.
    patience : int
        How many epochs without a better value make the rate smaller.
    verbose : {0, 1}
        Whether to print new rates.
    mode : {"auto", "min", "max"}
        Whether less or more is better; "auto" takes less for a loss and asks the metric for anything else.
    min_delta : float
        By how much a better value must differ at least.
    cooldown : int
        Epochs after a new rate in which patience is not counted.
    min_lr : float
        The rate never becomes smaller than this.
    **kwargs
        Only `epsilon`, the old name of `min_delta`.

    Raises
    ------
    ValueError
        If `factor` is 1 or more.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        min_delta = kwargs.pop("epsilon", min_delta)
        if kwargs:
            raise TypeError(f"ReduceLROnPlateau knows no other keywords than `epsilon`. Received: {sorted(kwargs)}")
        if factor >= 1:
            raise ValueError(f"`factor` must be less than 1. Received: factor={factor}")
        super().__init__(monitor, mode, min_delta=min_delta)
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget the training before."""
        self.best = None
        self.cooldown_counter = self.wait = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Compare, and make the rate smaller when patience is over."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        value = self.monitored(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def in_cooldown(self) -> bool:
        """Tell whether the last new rate is too young for another."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> None:
        optimizer = self.model.optimizer
        before = float(optimizer.learning_rate)
        if before <= self.min_lr:
            return
        rate = max(before * self.factor, self.min_lr)
        optimizer.learning_rate = rate
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose:
            print(f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
