"""Stochastic gradient descent, plain, with momentum, or with Nesterov's."""

from typing import Unpack

from fastmlp.optimizers._constant import Constant
from fastmlp.optimizers._rates import LearningRate
from fastmlp.optimizers._settings import Settings
from fastmlp.optimizers.optimizer import Optimizer, registry


@registry.add()
class SGD(Optimizer):
    """w -= learning_rate * gradient, or with momentum v = momentum v - learning_rate * gradient, w += v.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function of the step's number.
    momentum : float
        How much of the last step goes into this one: from 0 (nothing) to 1.
    nesterov : bool
        Whether the weights run ahead of the velocity: w += momentum v - learning_rate * gradient.
    **kwargs
        What all optimizers take, see `Optimizer`.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton, On the importance of initialization and momentum in deep
    learning, ICML 2013.
    """

    momentum = Constant("between 0 and 1", lambda share: 0 <= share <= 1)

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Unpack[Settings],
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.momentum = momentum
        self.nesterov = bool(nesterov)

    @property
    def kind(self) -> str:
        """The engine's name of the formula."""
        if not self.momentum:
            return "sgd"
        return "nesterov" if self.nesterov else "momentum"

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the formula."""
        return (self.momentum,) if self.momentum else ()

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The slots that the formula needs: none without momentum."""
        return ("momentum",) if self.momentum else ()
