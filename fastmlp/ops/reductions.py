"""Many numbers made one: sums, means, extremes, and what is made of them.

`axis` is one axis or several, None all of them; the batch axis may be one of them for sums and means and what is made
of them. `keepdims` keeps the axes, with size 1. Reductions over the batch give fixed tensors, so they can keep no
batch axis but one of size 1.
"""

import math
from typing import Any

import numpy as np

from fastmlp.graph import Tensor
from fastmlp.ops import nodes
from fastmlp.ops._broadcasting import combine
from fastmlp.ops._operands import as_tensor, computed
from fastmlp.ops.elementwise import absolute, sqrt, square
from fastmlp.ops.shapes import Axis, axes_of, places_of, taken


def _reduce(x: Any, axis: Axis, keepdims: bool, kind: str) -> Tensor:
    x = as_tensor(x)
    axes = axes_of(x, axis)
    over_batch = x.batched and 0 in axes
    if over_batch and kind not in ("sum", "mean"):
        raise ValueError(f"{kind} cannot be taken over the batch axis, only sums and means can. Received: axis={axis}")
    own = [each - x.batched for each in axes if not (x.batched and each == 0)]
    result = _reduce_samples(x, own, keepdims, kind)
    if not over_batch:
        return result
    result = nodes.reduce_batch(result, kind)
    return nodes.reshape_samples(result, (1, *result.sample_shape)) if keepdims else result


def _reduce_samples(x: Tensor, axes: list[int], keepdims: bool, kind: str) -> Tensor:
    """Reduce axes of the samples: brought to the end, they are the columns of a matrix."""
    if not axes:
        return x
    kept = [i for i in range(len(x.sample_shape)) if i not in axes]
    last = taken(x, np.transpose(places_of(x), [*kept, *axes]))
    rows = [x.sample_shape[i] for i in kept]
    reduced = nodes.reduce_columns(nodes.reshape_samples(last, (*rows, -1)), kind)
    if keepdims:
        rows = [1 if i in axes else n for i, n in enumerate(x.sample_shape)]
    return nodes.reshape_samples(reduced, rows)


@computed()
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the sum of elements."""
    return _reduce(x, axis, keepdims, "sum")


@computed()
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean of elements."""
    return _reduce(x, axis, keepdims, "mean")


average = mean


@computed()
def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the greatest element; where several are, they share the gradient."""
    return _reduce(x, axis, keepdims, "max")


amax = max


@computed()
def min(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the least element; where several are, they share the gradient."""
    return _reduce(x, axis, keepdims, "min")


amin = min


@computed()
def prod(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the product of elements."""
    return _reduce(x, axis, keepdims, "prod")


@computed()
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return log(sum(exp(x))), without overflow."""
    return _reduce(x, axis, keepdims, "logsumexp")


@computed()
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean of the squared deviations from the mean."""
    x = as_tensor(x)
    return mean(square(combine(x, mean(x, axis, keepdims=True), "subtract")), axis, keepdims)


@computed()
def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the square root of the variance."""
    return sqrt(var(x, axis, keepdims))


@computed()
def moments(x: Any, axes: Axis, keepdims: bool = False) -> Any:
    """Return mean and variance."""
    x = as_tensor(x)
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@computed()
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the index of the first greatest element, as a float; along an axis, or of all that is flattened."""
    return _reduce(x, axis, keepdims, "argmax")


@computed()
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the index of the first least element, as a float; along an axis, or of all that is flattened."""
    return _reduce(x, axis, keepdims, "argmin")


@computed()
def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return whether an element is true."""
    return _reduce(combine(x, 0, "not_equal"), axis, keepdims, "max")


@computed()
def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return whether all elements are true."""
    return _reduce(combine(x, 0, "not_equal"), axis, keepdims, "min")


@computed()
def count_nonzero(x: Any, axis: Axis = None) -> Any:
    """Return how many elements are not 0."""
    return _reduce(combine(x, 0, "not_equal"), axis, False, "sum")


@computed()
def norm(x: Any, ord: float | str | None = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the norm of vectors: the Euclidean one (`ord` None, 2, "euclidean"), 1, or the greatest size, inf."""
    if ord in (None, 2, "euclidean", "fro"):
        return sqrt(sum(square(x), axis, keepdims))
    if ord == 1:
        return sum(absolute(x), axis, keepdims)
    if ord == math.inf:
        return max(absolute(x), axis, keepdims)
    raise ValueError(f"`ord` must be None, 1, 2 or inf. Received: ord={ord!r}")


@computed()
def normalize(x: Any, axis: int | None = -1, order: float = 2, epsilon: float | None = None) -> Any:
    """Return x with vectors of norm 1 along an axis; norms below `epsilon`, by default 1e-12, count as that."""
    x = as_tensor(x)
    least = 1e-12 if epsilon is None else epsilon
    if order == 2:  # the root of what is not 0 has a finite gradient
        return combine(x, sqrt(combine(sum(square(x), axis, keepdims=True), least**2, "maximum")), "divide")
    return combine(x, combine(norm(x, order, axis, keepdims=True), least, "maximum"), "divide")


@computed()
def l2_normalize(x: Any, axis: int = -1, epsilon: float = 1e-12) -> Any:
    """Return x / sqrt(max(sum(x^2), epsilon)) along an axis, as TensorFlow's function of that name."""
    x = as_tensor(x)
    return combine(x, sqrt(combine(sum(square(x), axis, keepdims=True), epsilon, "maximum")), "divide")
