"""RMSprop: steps scaled by a running mean of the gradient's square."""

from typing import Any

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers.optimizer import LearningRate, Optimizer, registry


@registry.add("rmsprop")
class RMSprop(Optimizer):
    """v = rho v + (1 - rho) g², w -= learning_rate g / sqrt(v + epsilon), for the gradient g.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    rho : float
        Decay of the mean of the gradient's square, in [0, 1).
    epsilon : float
        Keeps the division finite; positive. It stands under the root, unlike Adam's.
    name : str
        Name of the optimizer.
    **kwargs
        Only `lr`, the old name of `learning_rate`.

    References
    ----------
    T. Tieleman and G. Hinton, Lecture 6.5: RMSprop, COURSERA: Neural Networks for Machine Learning, 2012; with epsilon
    where Keras 3 has it.
    """

    kind = "rmsprop"
    slot_names = ("velocity",)
    rho = Constant("at least 0 and less than 1", lambda decay: 0 <= decay < 1)
    epsilon = Constant("a positive number", lambda number: number > 0)

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-7,
        name: str = "RMSprop",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the step."""
        return (self.rho, self.epsilon)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
