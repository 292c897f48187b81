"""Add: the sum of several tensors."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Add(Layer):
    """The sum of two or more tensors of one shape."""

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return a tensor of the inputs' shape."""
        return reduce(ops.add, inputs)


def add(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)
