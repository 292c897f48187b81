"""UnitNormalization: vectors of length 1."""

from collections.abc import Sequence
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers._checks import axes_of
from fastmlp.layers.layer import Layer

_LEAST = 1e-24  # square of the length by which vectors of length 0 are divided


class UnitNormalization(Layer):
    """Divide vectors by their Euclidean length; those of length 0 stay as they are.

    Parameters
    ----------
    axis : int or sequence of int
        The axis or axes along which a vector lies, not the batch's.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        self.axis = axis
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        return unit_vectors(inputs, axes_of(self, inputs.shape))


def unit_vectors(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the vectors along some axes divided by their lengths."""
    squares = ops.sum(ops.square(x), axis=axes, keepdims=True)
    outputs: Tensor = ops.multiply(x, ops.rsqrt(ops.maximum(squares, _LEAST)))
    return outputs
