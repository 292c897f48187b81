"""Masking: steps that hold nothing become zero."""

from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Masking(Layer):
    """Set the vectors along the last axis to zero all of whose elements are `mask_value`.

    No layer of fastmlp skips steps, so no mask goes with the output.

    Parameters
    ----------
    mask_value : float
        The value that says that there is none.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        self.mask_value = mask_value
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        kept = ops.max(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        outputs: Tensor = ops.where(kept, inputs, 0.0)
        return outputs
