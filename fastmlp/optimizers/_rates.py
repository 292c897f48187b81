"""What a learning rate is over a number of steps."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, registry

LearningRate = float | Callable[..., float]


def rates_of(rate: LearningRate, first: int, steps: int) -> NDArray[np.float64]:
    """Return the rates of steps `first`, `first` + 1, ..., shape (steps,).

    fastmlp's own schedules are asked for all at once, functions of the user's for one after the other; those that take
    no argument as Keras would, without the number.

    Raises
    ------
    ValueError
        If one is negative or not finite.
    """
    if not callable(rate):
        rates = np.empty(steps)
        rates.fill(rate)
        return rates
    if type(rate) in registry:
        rates = np.asarray(rate(np.arange(first, first + steps)), np.float64)
    else:
        takes_step = isinstance(rate, LearningRateSchedule) or _takes_argument(rate)
        numbers = range(first, first + steps)
        rates = np.array([rate(step) if takes_step else rate() for step in numbers], np.float64)
    possible = np.isfinite(rates) & (rates >= 0)
    if not possible.all():
        wrong = int(possible.argmin())
        raise ValueError(
            f"A schedule must return finite numbers of at least 0. Received: {rates[wrong]} for step {first + wrong}"
        )
    return rates


def _takes_argument(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(0)
    except TypeError:
        return False
    return True
