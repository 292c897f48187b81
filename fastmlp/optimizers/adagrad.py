"""Adagrad: steps scaled by the sum of all squares of the gradient."""

from typing import Unpack

from numpy.typing import ArrayLike

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry
from fastmlp.variables import Variable


@registry.add()
class Adagrad(Optimizer):
    """a += g², w -= learning_rate g / sqrt(a + epsilon), for the gradient g.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    initial_accumulator_value : float
        Where a begins, at least 0.
    epsilon : float
        Keeps the division finite; positive.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    J. Duchi, E. Hazan and Y. Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, JMLR
    2011.
    """

    kind = "adagrad"
    slot_names = ("accumulator",)
    initial_accumulator_value = Constant("a number of at least 0", lambda number: number >= 0)
    epsilon = Constant("a positive number", lambda number: number > 0)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (self.epsilon,)

    def _first_value(self, name: str, variable: Variable) -> ArrayLike:
        return float(self.initial_accumulator_value)
