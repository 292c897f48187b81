"""Dropout: random zeros against overfitting."""

from typing import Any

import numpy as np

from fastmlp import ops, random
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Dropout(Layer):
    """Set a random share of the elements to zero in training and scale the others up: arXiv:1207.0580.

    Parameters
    ----------
    rate : float
        Share of zeros, in [0, 1).
    seed : int, optional
        Tells this layer's draws from those of others, which by default their places in the model do.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        if not isinstance(rate, int | float | np.number) or not 0 <= rate < 1:
            raise ValueError(f"`rate` must be at least 0 and less than 1. Received: rate={rate!r}")
        self.rate = float(rate)
        self.seed = None if seed is None else random.check_seed(seed)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return a tensor of the same shape; `training` True or False overrides what the model is doing."""
        if training is False or self.rate == 0:
            return inputs
        return ops.noise(inputs, "dropout", self.rate, self.seed, always=bool(training))
