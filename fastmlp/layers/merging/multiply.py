"""Multiply: the product of several tensors."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Multiply(Layer):
    """The product, element by element, of two or more tensors of one shape."""

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return a tensor of the inputs' shape."""
        return reduce(ops.multiply, inputs)


def multiply(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)
