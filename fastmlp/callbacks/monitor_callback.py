"""The base class of callbacks that watch one number of the logs."""

import warnings

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
        """Return "min" or "max", whichever fits the monitored number."""
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return "min"
        directions = {
            metric.name: metric.direction
            for metric in self.model.metrics
            if metric.direction and (name == metric.name or name.endswith(f"_{metric.name}"))
        }
        if not directions:
            raise ValueError(
                f"{type(self).__name__} cannot know whether less or more of '{self.monitor}' is better: "
                f"give mode='min' or mode='max'. Received: mode={self.mode!r}"
            )
        return "max" if directions[max(directions, key=len)] == "up" else "min"
