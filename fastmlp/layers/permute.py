"""Permute: the axes of a sample in another order."""

from collections.abc import Sequence
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Permute(Layer):
    """Put the axes of each sample into another order.

    Parameters
    ----------
    dims : sequence of int
        The axes that become the first, the second, ... behind the batch's, counted from 1: (2, 1) transposes matrices.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        axes = tuple(dims) if isinstance(dims, list | tuple) else ()
        if not axes or sorted(axes) != list(range(1, len(axes) + 1)):
            raise ValueError(f"`dims` must hold the numbers from 1 on, each once. Received: dims={dims!r}")
        self.dims = axes
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor whose axis i is axis `dims[i - 1]` of the input."""
        if len(inputs.shape) != len(self.dims) + 1:
            raise ValueError(
                f"Layer '{self.name}' expects inputs of {len(self.dims) + 1} axes. Received: shape={inputs.shape}"
            )
        outputs: Tensor = ops.transpose(inputs, (0, *self.dims))
        return outputs
