"""Lion: the sign of a mean of the gradient."""

from typing import Unpack

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry


@registry.add()
class Lion(Optimizer):
    """w -= learning_rate sign(beta_1 m + (1 - beta_1) g), then m = beta_2 m + (1 - beta_2) g, for the gradient g.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    beta_1 : float
        How much of the mean and how little of the gradient makes the direction, in (0, 1].
    beta_2 : float
        Decay of the mean of the gradient, in [0, 1).
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    X. Chen and others, Symbolic Discovery of Optimization Algorithms, arXiv:2302.06675.
    """

    kind = "lion"
    slot_names = ("momentum",)
    beta_1 = Constant("above 0 and at most 1", lambda share: 0 < share <= 1)
    beta_2 = Constant("at least 0 and less than 1", lambda decay: 0 <= decay < 1)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (self.beta_1, self.beta_2)
