"""Lamb: Adam's direction, as long as the weights are large."""

from typing import Unpack

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry


@registry.add()
class Lamb(Optimizer):
    """Adam with a rate for each variable.

    The direction r = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon), with Adam's m and v, is followed by
    w -= learning_rate * |w| / |r| * r; by learning_rate * r where one of the norms is zero.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    beta_1 : float
        Decay of the mean of the gradient, in [0, 1).
    beta_2 : float
        Decay of the mean of its square, in [0, 1).
    epsilon : float
        Keeps the division finite; positive.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    Y. You and others, Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, arXiv:1904.00962.
    """

    kind = "lamb"
    slot_names = ("momentum", "velocity")
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
