"""The base class of learning-rate schedules, and how they become configs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._registry import Configured, Registry

Array = NDArray[np.float64]


class LearningRateSchedule(Configured):
    """The learning rate as a function of the number of batches seen, 0 for the first step.

    One of your own overrides `__call__` and, to be saved, `get_config`. Those of fastmlp take arrays of numbers, too.
    """

    def __call__(self, step: ArrayLike) -> Any:
        """Return the rate of a step, or an array of rates for an array of steps."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )


registry: Registry[LearningRateSchedule] = Registry("learning rate schedule", "keras.optimizers.schedules")


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Return the class name and the config of a schedule."""
    return registry.serialize(learning_rate_schedule)


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> LearningRateSchedule:
    """Make a schedule from what `serialize` returned."""
    return registry.deserialize(config, custom_objects)


def positive(name: str, value: float) -> float:
    """Return a number of steps if it is positive."""
    if not value > 0:
        raise ValueError(f"Argument `{name}` must be > 0. Received: {name}={value}")
    return value


def plain(rates: Any) -> Any:
    """Return a float for a single step, an array for several."""
    return rates if np.ndim(rates) else float(rates)
