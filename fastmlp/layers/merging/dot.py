"""Dot: products of the vectors of two tensors."""

from collections.abc import Sequence
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer
from fastmlp.layers.unit_normalization import unit_vectors


class Dot(Layer):
    """Sum the products of two tensors along an axis of each.

    Of shapes (None, ..., k) and (None, k, ...), with `axes=(-1, 1)`, comes (None, ..., ...); of two vectors (None, 1).

    Parameters
    ----------
    axes : int or sequence of two int
        The axis of the first and that of the second, or one number for both; not the batch's.
    normalize : bool
        Whether vectors are scaled to length 1 first; then the products are cosines.
    **kwargs
        As for Layer.
    """

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        both = (axes, axes) if isinstance(axes, int) else tuple(axes) if isinstance(axes, list | tuple) else ()
        if len(both) != 2 or not all(isinstance(axis, int) for axis in both):
            raise ValueError(f"`axes` must be an integer or two. Received: axes={axes!r}")
        self.axes = axes
        self.normalize = normalize
        self._both = both
        super().__init__(**kwargs)

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return a tensor with the axes of both but the two summed over."""
        if not isinstance(inputs, list | tuple) or len(inputs) != 2:
            raise ValueError(f"Layer '{self.name}' expects a list of two tensors. Received: {inputs!r}")
        x, y = (self._rows(tensor, axis) for tensor, axis in zip(inputs, self._both, strict=True))
        if x.shape[-1] != y.shape[-1]:
            raise ValueError(
                f"Layer '{self.name}' expects axes of one size. Received shapes: {[t.shape for t in inputs]}, "
                f"axes={self.axes}"
            )
        shape = (*x.shape[1:-1], *y.shape[1:-1])
        rows = ops.reshape(x, (-1, _count(x), 1, x.shape[-1])), ops.reshape(y, (-1, 1, _count(y), y.shape[-1]))
        outputs: Tensor = ops.reshape(ops.sum(ops.multiply(*rows), axis=-1), (-1, *(shape or (1,))))
        return outputs

    def _rows(self, x: Tensor, axis: int) -> Tensor:
        """Return a tensor whose last axis is the one summed over."""
        if not -x.ndim <= axis < x.ndim or axis % x.ndim == 0:
            raise ValueError(
                f"`axes` must be among the axes 1 to {x.ndim - 1} of the inputs. Received: axes={self.axes!r}"
            )
        along = axis % x.ndim
        order = (*(i for i in range(x.ndim) if i != along), along)
        moved: Tensor = x if along == x.ndim - 1 else ops.transpose(x, order)
        return unit_vectors(moved, (moved.ndim - 1,)) if self.normalize else moved


def dot(inputs: Sequence[Tensor], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """Return `Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes, **kwargs)(inputs)


def _count(x: Tensor) -> int:
    """Return how many vectors a sample has."""
    return x.matrix[0]
