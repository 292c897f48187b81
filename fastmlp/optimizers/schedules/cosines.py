"""Schedules along half a cosine, once or again and again."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastmlp.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, plain, positive, registry


@registry.add()
class CosineDecay(LearningRateSchedule):
    """Perhaps up a straight line, then down half a cosine.

    Parameters
    ----------
    initial_learning_rate : float
        The rate of step 0.
    decay_steps : int
        Steps from the top to the bottom.
    alpha : float
        The last rate, as a share of the highest.
    name : str
        Name of the schedule.
    warmup_target : float, optional
        The highest rate; without it, `initial_learning_rate` is the highest, and nothing rises.
    warmup_steps : int
        Steps of the rise.

    References
    ----------
    I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, arXiv:1608.03983.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = positive("decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step: ArrayLike) -> Any:
        """Return the rate of a step, or an array of rates for an array of steps."""
        now = np.asarray(step, np.float64)
        if self.warmup_target is None:
            return plain(self.initial_learning_rate * self._share(now))
        rise = self.warmup_target - self.initial_learning_rate
        rising = rise * now / max(self.warmup_steps, 1) + self.initial_learning_rate
        falling = self.warmup_target * self._share(now - self.warmup_steps)
        return plain(np.where(now < self.warmup_steps, rising, falling))

    def _share(self, step: Any) -> Any:
        done = np.minimum(step, self.decay_steps) / self.decay_steps
        return (1 - self.alpha) * 0.5 * (1 + np.cos(math.pi * done)) + self.alpha


@registry.add()
class CosineDecayRestarts(LearningRateSchedule):
    """Half a cosine again and again, each time longer and lower.

    Parameters
    ----------
    initial_learning_rate : float
        The rate of step 0.
    first_decay_steps : int
        Steps of the first time.
    t_mul : float
        How many times longer each is than the one before.
    m_mul : float
        The height of each, as a share of that before.
    alpha : float
        The lowest rate, as a share of `initial_learning_rate`.
    name : str
        Name of the schedule.

    References
    ----------
    I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, arXiv:1608.03983.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = positive("first_decay_steps", first_decay_steps)
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step: ArrayLike) -> Any:
        """Return the rate of a step, or an array of rates for an array of steps."""
        done = np.asarray(step, np.float64) / self.first_decay_steps
        if self.t_mul == 1:
            restarts = np.floor(done)
            done = done - restarts
        else:
            restarts = np.floor(np.log(1 - done * (1 - self.t_mul)) / math.log(self.t_mul))
            length = self.t_mul**restarts
            done = (done - (1 - length) / (1 - self.t_mul)) / length
        height = 0.5 * self.m_mul**restarts * (1 + np.cos(math.pi * done))
        return plain(self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha))
