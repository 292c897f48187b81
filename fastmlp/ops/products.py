"""Products of matrices, and of tables with one-hot rows."""

from typing import Any

import numpy as np

from fastmlp.graph import Tensor
from fastmlp.ops import nodes
from fastmlp.ops._broadcasting import combine
from fastmlp.ops._operands import as_tensor, as_tensors, computed, dtype_of, is_number
from fastmlp.ops.arithmetic import multiply
from fastmlp.ops.reductions import max as greatest
from fastmlp.ops.reductions import sum as sum_of
from fastmlp.ops.shapes import expand_dims, moveaxis, swapaxes
from fastmlp.variables import Variable


@computed(2)
def matmul(x1: Any, x2: Any) -> Any:
    """Return the product of matrices, which are the last two axes; an operand of one axis is a row or a column.

    The fast way, in the engine's own products, is a fixed matrix on the right.
    """
    if isinstance(x1, Tensor) and isinstance(x2, Variable) and len(x2.shape) == 2:
        _check(x1, x2)
        return nodes.dense(x1, x2)
    x, w = as_tensors(x1, x2)
    if x.ndim == 0 or w.ndim == 0:
        raise ValueError(f"matmul expects operands of at least one axis. Received: shapes {x.shape} and {w.shape}")
    if w.ndim == 1 and not w.batched:
        _check(x, w)
        return _without_last(_product(x, nodes.reshape_samples(w, (-1, 1))))
    if x.ndim == 1 and not x.batched:
        return _without_axis(_product(nodes.reshape_samples(x, (1, -1)), w), -2)
    _check(x, w)
    return _product(x, w)


def _check(x: Any, w: Any) -> None:
    if x.shape[-1] is None or x.shape[-1] != w.shape[-2 if len(w.shape) > 1 else -1]:
        raise ValueError(
            f"The last axis of the first operand must have the size of the last but one of the second. "
            f"Received: shapes {x.shape} and {w.shape}"
        )


def _product(x: Tensor, w: Tensor) -> Tensor:
    """Multiply where both have two axes or more."""
    if w.ndim == 2 and not w.batched:
        return nodes.matmul(x, w)
    if x.ndim == 2 and not x.batched:  # (x w)' = w' x'
        turned: Tensor = swapaxes(nodes.matmul(swapaxes(w, -1, -2), swapaxes(x, 0, 1)), -1, -2)
        return turned
    # Samples by samples: the sum over k of x[m, k] w[k, n], as rows of k.
    rows, columns = expand_dims(x, -2), expand_dims(swapaxes(w, -1, -2), -3)
    product: Tensor = sum_of(combine(rows, columns, "multiply"), axis=-1)
    return product


def _without_last(x: Tensor) -> Tensor:
    return nodes.reshape_samples(x, x.sample_shape[:-1])


def _without_axis(x: Tensor, axis: int) -> Tensor:
    sizes = list(x.sample_shape)
    del sizes[axis]
    return nodes.reshape_samples(x, sizes)


@computed(2)
def dot(x1: Any, x2: Any) -> Any:
    """Return the sum of products over the last axis of x1 and the last but one (or only) of x2."""
    return multiply(x1, x2) if is_number(x1) or is_number(x2) else matmul(x1, x2)


@computed(2)
def vdot(x1: Any, x2: Any) -> Any:
    """Return the sum of the products of all elements."""
    return sum_of(multiply(x1, x2))


@computed(2)
def outer(x1: Any, x2: Any) -> Any:
    """Return the products of each element of x1 with each of x2, of each sample."""
    x, y = (nodes.reshape_samples(operand, (-1,)) for operand in as_tensors(x1, x2))
    return combine(expand_dims(x, -1), expand_dims(y, -2), "multiply")


@computed()
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: str | None = None) -> Any:
    """Return, for each number of a class, a new axis with 1 at its place and 0 elsewhere; all 0 for others.

    Parameters
    ----------
    x : tensor or array
        Whole numbers.
    num_classes : int
        Size of the new axis.
    axis : int
        Its place in the result.
    dtype : str, optional
        Not used: the result has the dtype in which the function computes.
    """
    hot = combine(expand_dims(x, -1), np.arange(num_classes), "equal")
    return hot if axis in (-1, hot.ndim - 1) else moveaxis(hot, -1, axis)


@computed()
def multi_hot(x: Any, num_classes: int, axis: int = -1, dtype: str | None = None) -> Any:
    """Return, for the numbers of classes along an axis, 1 for each class that is among them and 0 for others.

    `dtype` is not used: the result has the dtype in which the function computes.
    """
    x = as_tensor(x)
    labels = moveaxis(x, axis, -1) if x.ndim > 1 else x
    return greatest(one_hot(labels, num_classes), axis=-2)


@computed()
def cumsum(x: Any, axis: int = -1) -> Any:
    """Return the sums of all elements up to each one along an axis."""
    x = as_tensor(x)
    last = moveaxis(x, axis, -1)
    ones = np.triu(np.ones((last.shape[-1], last.shape[-1]), dtype_of([x])))
    return moveaxis(matmul(last, ones), -1, axis)
