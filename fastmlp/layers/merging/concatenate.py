"""Concatenate: several tensors side by side."""

from collections.abc import Sequence
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Concatenate(Layer):
    """Put two or more tensors side by side.

    Parameters
    ----------
    axis : int
        Along which axis, not the batch's; the last by default. The other sizes must agree.
    **kwargs
        As for Layer.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        self.axis = axis
        super().__init__(**kwargs)

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return a tensor whose size along `axis` is the sum of the inputs'."""
        outputs: Tensor = ops.concatenate(inputs, self.axis)
        return outputs


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **kwargs: Any) -> Any:
    """Return `Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis, **kwargs)(inputs)
