"""Reshape: samples in another shape."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Reshape(Layer):
    """Give each sample another shape with the same elements in the same order.

    Parameters
    ----------
    target_shape : sequence of int
        Shape of one sample; one size may be -1 and is found from the others.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        sizes = tuple(target_shape) if isinstance(target_shape, list | tuple) else ()
        if not sizes or not all(isinstance(size, int | np.integer) for size in sizes):
            raise ValueError(f"`target_shape` must be a tuple of integers. Received: target_shape={target_shape!r}")
        self.target_shape = tuple(int(size) for size in sizes)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of shape (None, *target_shape)."""
        return ops.reshape_samples(inputs, self.target_shape)
