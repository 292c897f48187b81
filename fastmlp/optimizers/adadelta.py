"""Adadelta: steps scaled by running means of the squares of the gradient and of the steps themselves."""

from typing import Unpack

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry


@registry.add()
class Adadelta(Optimizer):
    """Steps that need no learning rate, though Keras gives them one.

    a = rho a + (1 - rho) g², d = g sqrt(b + epsilon) / sqrt(a + epsilon), b = rho b + (1 - rho) d²,
    w -= learning_rate d, for the gradient g.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    rho : float
        Decay of the means, in [0, 1).
    epsilon : float
        Keeps the division finite; positive.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    M. D. Zeiler, ADADELTA: An Adaptive Learning Rate Method, arXiv:1212.5701.
    """

    kind = "adadelta"
    slot_names = ("accumulated_grad", "accumulated_delta_var")
    rho = Constant("at least 0 and less than 1", lambda decay: 0 <= decay < 1)
    epsilon = Constant("a positive number", lambda number: number > 0)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (self.rho, self.epsilon)
