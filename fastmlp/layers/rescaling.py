"""Rescaling: inputs in another unit."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Rescaling(Layer):
    """Compute `inputs * scale + offset`: `Rescaling(1 / 255)` brings pixels into [0, 1].

    Parameters
    ----------
    scale, offset : float or array
        Numbers, or arrays that are broadcast to a sample's shape.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, scale: ArrayLike, offset: ArrayLike = 0.0, **kwargs: Any) -> None:
        self.scale = scale
        self.offset = offset
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        outputs: Tensor = ops.add(ops.multiply(inputs, np.asarray(self.scale)), np.asarray(self.offset))
        return outputs
