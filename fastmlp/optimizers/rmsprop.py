"""RMSprop: steps scaled by a running mean of the gradient's square."""

from typing import Unpack

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry


@registry.add("rmsprop")
class RMSprop(Optimizer):
    """v = rho v + (1 - rho) g², w -= learning_rate g / sqrt(v + epsilon), for the gradient g.

    With momentum, u = momentum u + learning_rate g / sqrt(v + epsilon), w -= u. Centered, v minus the square of the
    running mean of g is in place of v under the root.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    rho : float
        Decay of the mean of the gradient's square, in [0, 1).
    momentum : float
        How much of the last step goes into this one: from 0 (nothing) to 1.
    epsilon : float
        Keeps the division finite; positive. It stands under the root, unlike Adam's.
    centered : bool
        Whether to estimate the gradient's variance and not the mean of its square.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    T. Tieleman and G. Hinton, Lecture 6.5: RMSprop, COURSERA: Neural Networks for Machine Learning, 2012; with epsilon
    where Keras 3 has it.
    """

    rho = Constant("at least 0 and less than 1", lambda decay: 0 <= decay < 1)
    momentum = Constant("between 0 and 1", lambda share: 0 <= share <= 1)
    epsilon = Constant("a positive number", lambda number: number > 0)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = bool(centered)

    @property
    def kind(self) -> str:
        """The engine's name of the formula."""
        return "rmsprop" + "_centered" * self.centered + "_momentum" * bool(self.momentum)

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (self.rho, self.epsilon, self.momentum) if self.momentum else (self.rho, self.epsilon)

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The slots that the formula needs."""
        return ("velocity", *("momentum",) * bool(self.momentum), *("average_gradient",) * self.centered)

    @property
    def slot_blocks(self) -> tuple[tuple[str, ...], ...]:
        """The slots in Keras' order."""
        return tuple((name,) for name in self.slot_names)
