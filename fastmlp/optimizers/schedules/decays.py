"""Schedules that fall along a power, a hyperbola, a polynomial or stairs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastmlp.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, plain, positive, registry


@registry.add()
class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate * decay_rate ** (step / decay_steps).

    Parameters
    ----------
    initial_learning_rate : float
        The rate of step 0.
    decay_steps : int
        Steps in which the rate is multiplied by `decay_rate` once.
    decay_rate : float
        The factor.
    staircase : bool
        Whether it changes after every `decay_steps` steps only.
    name : str
        Name of the schedule.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: ArrayLike) -> Any:
        """Return the rate of a step, or an array of rates for an array of steps."""
        share = np.asarray(step, np.float64) / self.decay_steps
        return plain(self.initial_learning_rate * self.decay_rate ** (np.floor(share) if self.staircase else share))


@registry.add()
class InverseTimeDecay(LearningRateSchedule):
    """initial_learning_rate / (1 + decay_rate * step / decay_steps).

    Parameters
    ----------
    initial_learning_rate : float
        The rate of step 0.
    decay_steps : int
        Steps that count as one in the formula.
    decay_rate : float
        How fast the rate falls.
    staircase : bool
        Whether it changes after every `decay_steps` steps only.
    name : str
        Name of the schedule.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step: ArrayLike) -> Any:
        """Return the rate of a step, or an array of rates for an array of steps."""
        share = np.asarray(step, np.float64) / self.decay_steps
        past = np.floor(share) if self.staircase else share
        return plain(self.initial_learning_rate / (1 + self.decay_rate * past))


@registry.add()
class PolynomialDecay(LearningRateSchedule):
    """From one rate to another along (1 - step / decay_steps) ** power.

    Parameters
    ----------
    initial_learning_rate : float
        The rate of step 0.
    decay_steps : int
        Steps until the end.
    end_learning_rate : float
        The rate of the end, and from there on.
    power : float
        1 falls in a straight line.
    cycle : bool
        Whether to begin anew at the end, each time along a path longer by `decay_steps`.
    name : str
        Name of the schedule.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step: ArrayLike) -> Any:
        """Return the rate of a step, or an array of rates for an array of steps."""
        now = np.asarray(step, np.float64)
        if self.cycle:
            share = now / (self.decay_steps * np.maximum(np.ceil(now / self.decay_steps), 1))
        else:
            share = np.minimum(now, self.decay_steps) / self.decay_steps
        height = self.initial_learning_rate - self.end_learning_rate
        return plain(height * (1 - share) ** self.power + self.end_learning_rate)


@registry.add()
class PiecewiseConstantDecay(LearningRateSchedule):
    """One rate up to and including a boundary, the next one behind it.

    Parameters
    ----------
    boundaries : sequence of int
        Steps after which the rate changes, in rising order.
    values : sequence of float
        The rates, one more than boundaries.
    name : str
        Name of the schedule.
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "`values` must have one element more than `boundaries`. "
                f"Received: {len(boundaries)} boundaries and {len(values)} values"
            )
        self.boundaries = list(boundaries)
        self.values = list(values)
        self.name = name

    def __call__(self, step: ArrayLike) -> Any:
        """Return the rate of a step, or an array of rates for an array of steps."""
        return plain(np.asarray(self.values, np.float64)[np.searchsorted(self.boundaries, step, side="left")])
