"""Optimizers as Keras 2 had them: with `lr`, and with `decay`, by which the rate of step i is lr / (1 + decay * i)."""

from typing import Any

from fastmlp.optimizers import _settings, adadelta, adagrad, adam, adamax, ftrl, nadam, optimizer, rmsprop, sgd


class Optimizer(optimizer.Optimizer):
    """The base of Keras 2's optimizers.

    Parameters
    ----------
    *args
        As for the class of `fastmlp.optimizers` of the same name.
    decay : float
        Of the learning rate, at least 0.
    **kwargs
        As for the class of `fastmlp.optimizers` of the same name.
    """

    def __init__(self, *args: Any, decay: float = 0.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decay = _settings.optional("decay", decay) or 0.0


class SGD(Optimizer, sgd.SGD):
    """SGD whose rate may decay."""


class Adam(Optimizer, adam.Adam):
    """Adam whose rate may decay."""


class RMSprop(Optimizer, rmsprop.RMSprop):
    """RMSprop whose rate may decay."""


class Adagrad(Optimizer, adagrad.Adagrad):
    """Adagrad whose rate may decay."""


class Adadelta(Optimizer, adadelta.Adadelta):
    """Adadelta whose rate may decay."""


class Adamax(Optimizer, adamax.Adamax):
    """Adamax whose rate may decay."""


class Nadam(Optimizer, nadam.Nadam):
    """Nadam whose rate may decay."""


class Ftrl(Optimizer, ftrl.Ftrl):
    """Ftrl whose rate may decay."""
