"""What Adam and its relatives have in common: running means of the gradient and of its size."""

from typing import Unpack

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer


class Moments(Optimizer):
    """The constants of Adam and its relatives.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    beta_1 : float
        Decay of the mean of the gradient, in [0, 1).
    beta_2 : float
        Decay of the mean of its size, in [0, 1).
    epsilon : float
        Keeps the division finite; positive.
    **kwargs
        What all optimizers take, see `Optimizer`.
    """

    beta_1 = Constant("at least 0 and less than 1", lambda decay: 0 <= decay < 1)
    beta_2 = Constant("at least 0 and less than 1", lambda decay: 0 <= decay < 1)
    epsilon = Constant("a positive number", lambda number: number > 0)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (self.beta_1, self.beta_2, self.epsilon)
