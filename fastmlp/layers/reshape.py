"""Reshape: samples in another shape."""

from collections.abc import Sequence
from typing import Any

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

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        self.target_shape = tuple(target_shape)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of shape (None, *target_shape)."""
        return ops.reshape(inputs, self.target_shape)
