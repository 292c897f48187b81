"""Normally distributed noise in training: added, or as a factor."""

from typing import Any

from fastmlp import random
from fastmlp.graph import Tensor
from fastmlp.layers._checks import not_negative, share
from fastmlp.layers.layer import Layer
from fastmlp.ops import nodes


class GaussianNoise(Layer):
    """Add normally distributed numbers of mean 0 in training.

    Parameters
    ----------
    stddev : float
        Their standard deviation.
    seed : int, optional
        Tells this layer's draws from those of others, which by default their places in the model do.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        self.stddev = not_negative("stddev", stddev)
        self.seed = None if seed is None else random.check_seed(seed)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return a tensor of the same shape; `training` True or False overrides what the model is doing."""
        if training is False or self.stddev == 0:
            return inputs
        return nodes.noise(inputs, "gaussian_noise", self.stddev, self.seed, always=bool(training))


class GaussianDropout(Layer):
    """Multiply by normally distributed numbers of mean 1 and variance `rate / (1 - rate)` in training.

    Parameters
    ----------
    rate : float
        In [0, 1): the variance is that of dropout of this rate. See Srivastava et al., JMLR 15 (2014), section 10.
    seed : int, optional
        Tells this layer's draws from those of others, which by default their places in the model do.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        self.rate = share("rate", rate)
        self.seed = None if seed is None else random.check_seed(seed)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return a tensor of the same shape; `training` True or False overrides what the model is doing."""
        if training is False or self.rate == 0:
            return inputs
        return nodes.noise(inputs, "gaussian_dropout", self.rate, self.seed, always=bool(training))
