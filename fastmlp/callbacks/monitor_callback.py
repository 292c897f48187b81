"""The base class of callbacks that watch one number of the logs."""

import warnings

from fastmlp import metrics
from fastmlp.callbacks.callback import Callback, Logs


class MonitorCallback(Callback):
    """Tells whether one number of the logs has become better.

    Parameters
    ----------
    monitor : str
        Its key in the logs.
    mode : {"auto", "min", "max"}
        Whether less or more is better; "auto" takes less for a loss and asks the metric for anything else.
    baseline : float, optional
        The first best value.
    min_delta : float
        By how much a better value must differ at least.

    Attributes
    ----------
    best : float or None
        The best value so far.
    """

    def __init__(
        self, monitor: str = "val_loss", mode: str = "auto", baseline: float | None = None, min_delta: float = 0
    ) -> None:
        if mode not in ("auto", "min", "max"):
            warnings.warn(
                f"`mode` must be 'auto', 'min' or 'max'; taking 'auto'. Received: mode={mode!r}", stacklevel=3
            )
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)

    def monitored(self, logs: Logs | None) -> float | None:
        """Return the number from the logs, or warn that it is not there and return None."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__} watches '{self.monitor}', which is not in the logs. "
                f"Received: {', '.join(logs or {})}",
                stacklevel=2,
            )
        return value

    def improves(self, value: float, reference: float | None) -> bool:
        """Tell whether a value is better than a reference, as anything is where there is none.

        Raises
        ------
        ValueError
            If nothing says whether less or more is better.
        """
        if reference is None:
            return True
        if (self.mode if self.mode != "auto" else self._direction()) == "min":
            return value + self.min_delta < reference
        return value - self.min_delta > reference

    def _direction(self) -> str:
        """Return "min" or "max", whichever fits the monitored number.

        In its name, "val_" and the names of an output may stand before that of the metric.
        """
        words = self.monitor.removeprefix("val_").split("_")
        names = ["_".join(words[first:]) for first in range(len(words))]
        if "loss" in names:
            return "min"
        given = {metric.name: metric.direction for metric in self.model.metrics}
        for name in names:
            direction = given.get(name) or (metrics.registry.find(name).direction if name in metrics.registry else None)
            if direction is not None:
                return "max" if direction == "up" else "min"
        if self.monitor == "score":  # of an estimator
            return "max"
        raise ValueError(
            f"{type(self).__name__} cannot know whether less or more of '{self.monitor}' is better: "
            f"give mode='min' or mode='max'. Received: mode={self.mode!r}"
        )
