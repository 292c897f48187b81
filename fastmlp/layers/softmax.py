"""Softmax: the softmax function as a layer."""

from collections.abc import Sequence
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer

_MASKED = -1e9


class Softmax(Layer):
    """Exponentials scaled to sum 1.

    Parameters
    ----------
    axis : int or sequence of int
        Along which axis or axes.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        self.axis = axis
        super().__init__(**kwargs)

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return a tensor of the same shape; it is zero where `mask`, of that shape, is."""
        if mask is not None:
            mask = ops.greater(mask, 0.5)
            inputs = ops.where(mask, inputs, _MASKED)
        if isinstance(self.axis, int):
            outputs: Tensor = ops.softmax(inputs, self.axis)
        else:
            outputs = ops.exp(ops.subtract(inputs, ops.logsumexp(inputs, axis=tuple(self.axis), keepdims=True)))
        if mask is not None:
            outputs = ops.where(mask, outputs, 0.0)
        return outputs
