"""Stochastic gradient descent, plain, with momentum, or with Nesterov's."""

from typing import Any

from fastmlp.optimizers.optimizer import LearningRate, Optimizer, registry


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
    name : str
        Name of the optimizer.
    **kwargs
        Only `lr`, the old name of `learning_rate`.

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton, On the importance of initialization and momentum in deep
    learning, ICML 2013.
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        name: str = "SGD",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, name, **kwargs)
        if not 0 <= momentum <= 1:
            raise ValueError(f"`momentum` must be between 0 and 1. Received: momentum={momentum!r}")
        self.momentum = float(momentum)
        self.nesterov = bool(nesterov)
        if momentum:
            self.kind = "nesterov" if nesterov else "momentum"
            self.hyper = (self.momentum,)
            self.slot_names = ("velocity",)
        else:
            self.kind = "sgd"

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "momentum": self.momentum, "nesterov": self.nesterov}
