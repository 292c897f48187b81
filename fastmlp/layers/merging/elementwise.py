"""Layers that combine tensors element by element."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import reduce
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Merge(Layer, ABC):
    """Combine tensors element by element; axes of size 1, and missing ones behind the batch's, are broadcast."""

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return one tensor."""
        if not isinstance(inputs, list | tuple) or not all(isinstance(x, Tensor) for x in inputs) or not inputs:
            raise ValueError(f"Layer '{self.name}' expects a list of tensors. Received: {inputs!r}")
        rank = max(x.ndim for x in inputs)
        outputs: Tensor = self._merge([_of_rank(x, rank) for x in inputs])
        return outputs

    @abstractmethod
    def _merge(self, tensors: list[Tensor]) -> Any:
        """Combine tensors with the same number of axes."""


class Add(Merge):
    """The sum."""

    def _merge(self, tensors: list[Tensor]) -> Any:
        return reduce(ops.add, tensors)


class Subtract(Merge):
    """The first of two tensors minus the second."""

    def _merge(self, tensors: list[Tensor]) -> Any:
        if len(tensors) != 2:
            raise ValueError(f"Layer '{self.name}' expects two tensors. Received: {tensors!r}")
        return ops.subtract(*tensors)


class Multiply(Merge):
    """The product, element by element."""

    def _merge(self, tensors: list[Tensor]) -> Any:
        return reduce(ops.multiply, tensors)


class Average(Merge):
    """The mean."""

    def _merge(self, tensors: list[Tensor]) -> Any:
        return ops.multiply(reduce(ops.add, tensors), 1 / len(tensors))


class Maximum(Merge):
    """The greatest."""

    def _merge(self, tensors: list[Tensor]) -> Any:
        return reduce(ops.maximum, tensors)


class Minimum(Merge):
    """The least."""

    def _merge(self, tensors: list[Tensor]) -> Any:
        return reduce(ops.minimum, tensors)


def add(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Tensor], **kwargs: Any) -> Any:
    """Return `Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)


def _of_rank(x: Tensor, rank: int) -> Any:
    """Return a tensor with axes of size 1 behind the batch's, so that there are `rank` in all."""
    return x if x.ndim == rank else ops.reshape(x, (-1, *(1,) * (rank - x.ndim), *x.sample_shape))
