"""Sets the learning rate of each epoch."""

import inspect
from collections.abc import Callable
from numbers import Real
from typing import Any

from fastmlp.callbacks.callback import Callback, Logs


class LearningRateScheduler(Callback):
    """Asks a function for the learning rate of each epoch; the rate is added to the logs as "learning_rate".

    Parameters
    ----------
    schedule : callable
        Called with the number of the epoch, counted from 0, and the present rate; returns the new one. It may leave
        out the second parameter.
    verbose : {0, 1}
        Whether to print the rates.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the rate.

        Raises
        ------
        ValueError
            If the function returned no number.
        """
        optimizer = self.model.optimizer
        arguments = (epoch, float(optimizer.learning_rate)) if _takes_two(self.schedule) else (epoch,)
        rate: Any = self.schedule(*arguments)
        if not isinstance(rate, Real):
            raise ValueError(f"`schedule` must return a float. Received: {rate!r} for epoch {epoch}")
        optimizer.learning_rate = float(rate)
        if self.verbose:
            print(f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to {float(rate)}.")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the rate to the logs."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes_two(function: Callable[..., Any]) -> bool:
    """Tell whether a function can be called with two arguments; one that does not say is taken to."""
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # no signature
        return True
    return True
