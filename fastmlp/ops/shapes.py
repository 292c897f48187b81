"""Functions that move elements: other shapes, parts, several tensors as one.

The batch axis of a tensor stays where it is: elements move within their samples. A size of None stands for the batch's.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.graph import Shape, Tensor
from fastmlp.ops import nodes
from fastmlp.ops._broadcasting import broadcast, broadcast_shape, combine
from fastmlp.ops._operands import as_tensor, as_tensors, computed

Places = NDArray[np.int64]
Axis = int | Sequence[int] | None


def sample_axis(x: Tensor, axis: int, new: int = 0) -> int:
    """Return the number, among the axes of a sample, of an axis of `x`; of one that is to be added if `new` is 1."""
    rank = x.ndim + new
    if isinstance(axis, bool) or not hasattr(axis, "__index__") or not -rank <= axis < rank:
        raise ValueError(f"`axis` must be an integer from {-rank} to {rank - 1}. Received: axis={axis!r}")
    found = axis % rank - x.batched
    if found < 0:
        raise ValueError(f"`axis` must not be the batch axis of a tensor of shape {x.shape}. Received: axis={axis}")
    return found


def axes_of(x: Tensor, axis: Any) -> list[int]:
    """Return the numbers of the axes of `x` that `axis` names, in order: one, several, or None for all."""
    if axis is None:
        return list(range(x.ndim))
    given = [*axis] if isinstance(axis, list | tuple) else [axis]
    if not all(hasattr(each, "__index__") and -x.ndim <= each < x.ndim for each in given):
        raise ValueError(f"`axis` must name axes of a tensor of shape {x.shape}. Received: axis={axis!r}")
    return sorted({int(each) % x.ndim for each in given})


def places_of(x: Tensor) -> Places:
    """Return the place of each element in the flattened sample, in the shape of the sample."""
    return np.arange(math.prod(x.sample_shape)).reshape(x.sample_shape)


def taken(x: Tensor, places: Places) -> Tensor:
    """Return the elements of each sample at these places, in the shape of `places`."""
    if places.size == 0:
        raise ValueError(f"Expected at least one element. Received: an empty part of a tensor of shape {x.shape}")
    if places.size == math.prod(x.sample_shape) and (places.ravel() == np.arange(places.size)).all():
        return nodes.reshape_samples(x, places.shape) if places.shape != x.sample_shape else x
    return nodes.take_elements(x, places.ravel().tolist(), places.shape)


def moved_last(x: Tensor, axis: int, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Return what a function that works along the last axis, and keeps the shape, makes of `x` along another."""
    own = sample_axis(x, axis)
    if own == len(x.sample_shape) - 1:
        return function(x)
    moved = function(taken(x, np.moveaxis(places_of(x), own, -1)))
    return taken(moved, np.moveaxis(places_of(moved), -1, own))


@computed()
def reshape(x: Any, newshape: Sequence[int | None]) -> Any:
    """Return x in another shape; one size may be -1 and is found from the others.

    With a batch axis, the first size must be -1, or None as in `shape(x)`; then another one may be -1 too.
    """
    x = as_tensor(x)
    sizes = [newshape] if isinstance(newshape, int) else list(newshape)
    if x.batched:
        if not sizes or sizes[0] not in (-1, None):
            raise ValueError(f"The first size must be -1, for the batch axis. Received: newshape={newshape}")
        sizes = sizes[1:]
    return nodes.reshape_samples(x, [int(size) for size in sizes if size is not None])


@computed()
def flatten(x: Any) -> Any:
    """Return the elements of each sample, or of an array, as one axis."""
    return nodes.reshape_samples(as_tensor(x), (-1,))


@computed()
def expand_dims(x: Any, axis: int | Sequence[int]) -> Any:
    """Return x with an axis of size 1 at the place `axis`, or at several."""
    x = as_tensor(x)
    if not isinstance(axis, int):
        for each in sorted(axis):
            x = expand_dims(x, each)
        return x
    sizes = list(x.sample_shape)
    sizes.insert(sample_axis(x, axis, new=1), 1)
    return nodes.reshape_samples(x, sizes)


@computed()
def squeeze(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """Return x without the axes `axis`, which must have size 1; by default without all such axes."""
    x = as_tensor(x)
    sizes = x.sample_shape
    if axis is None:
        own = [i for i, size in enumerate(sizes) if size == 1]
    else:
        own = [sample_axis(x, each) for each in ([axis] if isinstance(axis, int) else axis)]
    if any(sizes[i] != 1 for i in own):
        raise ValueError(f"The axes to squeeze must have size 1. Received: axis={axis} of shape {x.shape}")
    return nodes.reshape_samples(x, [size for i, size in enumerate(sizes) if i not in own])


@computed()
def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """Return x with its axes in another order, by default the reverse one; with a batch axis, `axes[0]` must be 0."""
    x = as_tensor(x)
    order = [*reversed(range(x.ndim))] if axes is None else [int(axis) % x.ndim for axis in axes]
    if sorted(order) != list(range(x.ndim)) or (x.batched and order[0] != 0):
        raise ValueError(
            f"`axes` must name each axis once{', the batch axis first' * x.batched}. Received: axes={axes} "
            f"for shape {x.shape}"
        )
    return taken(x, np.transpose(places_of(x), [axis - x.batched for axis in order[x.batched :]]))


@computed()
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Return x with two axes exchanged."""
    x = as_tensor(x)
    return taken(x, np.swapaxes(places_of(x), sample_axis(x, axis1), sample_axis(x, axis2)))


@computed()
def moveaxis(x: Any, source: int, destination: int) -> Any:
    """Return x with an axis moved to another place."""
    x = as_tensor(x)
    return taken(x, np.moveaxis(places_of(x), sample_axis(x, source), sample_axis(x, destination)))


@computed()
def flip(x: Any, axis: int | Sequence[int] | None = None) -> Any:
    """Return x with the elements along an axis, or several, or all, in reverse order."""
    x = as_tensor(x)
    axes = range(x.batched, x.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    return taken(x, np.flip(places_of(x), tuple(sample_axis(x, each) for each in axes)))


@computed()
def repeat(x: Any, repeats: int, axis: int | None = None) -> Any:
    """Return x with each element along an axis repeated; without an axis, each element of the flattened sample."""
    x = as_tensor(x)
    return taken(x, np.repeat(places_of(x), repeats, None if axis is None else sample_axis(x, axis)))


@computed()
def tile(x: Any, repeats: int | Sequence[int]) -> Any:
    """Return x repeated as a whole along each axis; the batch's number must be 1, if it is given."""
    x = as_tensor(x)
    counts = [repeats] if isinstance(repeats, int) else list(repeats)
    if x.batched and len(counts) >= x.ndim:
        if counts[: len(counts) - x.ndim + 1] != [1] * (len(counts) - x.ndim + 1):
            raise ValueError(f"The batch axis must be repeated once. Received: repeats={repeats} for shape {x.shape}")
        counts = counts[len(counts) - x.ndim + 1 :]
    return taken(x, np.tile(places_of(x), counts))


@computed()
def broadcast_to(x: Any, shape: Shape) -> Any:
    """Return x repeated along its axes of size 1, and new ones in front, to a shape."""
    x = as_tensor(x)
    target = tuple(shape)
    if broadcast_shape(x.shape, target) != target or (None in target and not x.batched):
        raise ValueError(f"`shape` must be one that {x.shape} broadcasts to. Received: shape={target}")
    return broadcast(x, target)


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Return the elements at some indices along an axis, or of the flattened sample.

    The indices are whole numbers, or, along the first axis of a table without a batch axis, a tensor of them.
    """
    if isinstance(indices, Tensor):
        return rows_of(x, indices, axis)
    return _taken_along(x, np.asarray(indices), axis)


@computed()
def _taken_along(x: Any, indices: NDArray[Any], axis: int | None) -> Any:
    x = as_tensor(x)
    return taken(x, np.take(places_of(x), indices.astype(np.int64), None if axis is None else sample_axis(x, axis)))


def rows_of(x: Any, indices: Tensor, axis: int | None) -> Tensor:
    """Return the rows of a fixed table that a tensor of indices names: products with one-hot rows."""
    table = as_tensor(x, indices.dtype)
    if table.batched or axis != 0:
        raise ValueError(f"Tensors of indices take rows of a fixed table, axis=0. Received: {x!r}, axis={axis}")
    size, *others = table.sample_shape
    hot = combine(expand_dims(indices, -1), np.arange(size), "equal")
    rows = nodes.matmul(hot, nodes.reshape_samples(table, (size, -1)))
    return nodes.reshape_samples(rows, (*indices.sample_shape, *others))


def get_item(x: Any, key: Any) -> Tensor:
    """Return `x[key]`, for integers, slices, `...`, None and lists of integers; the batch axis is taken whole."""
    x = as_tensor(x)
    keys = key if isinstance(key, tuple) else (key,)
    if x.batched:
        first, *others = keys or (slice(None),)
        if first is Ellipsis:
            others = [Ellipsis, *others]
        elif not (isinstance(first, slice) and first == slice(None)):
            raise IndexError(f"The batch axis of a tensor can only be taken whole, `x[:, ...]`. Received: {key!r}")
        keys = tuple(others)
    return taken(x, np.asarray(places_of(x)[keys]))


@computed()
def split(x: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> Any:
    """Return a list of parts of x along an axis: so many of one size, or cut at these indices."""
    x = as_tensor(x)
    own = sample_axis(x, axis)
    if isinstance(indices_or_sections, int) and x.sample_shape[own] % indices_or_sections:
        raise ValueError(f"{indices_or_sections} parts of one size must make up axis {axis}. Received: shape {x.shape}")
    return [taken(x, part) for part in np.split(places_of(x), indices_or_sections, own)]


@computed()
def unstack(x: Any, num: int | None = None, axis: int = 0) -> Any:
    """Return a list of the parts of x along an axis, which they lack; `num` is its size, if it is given."""
    x = as_tensor(x)
    places = np.moveaxis(places_of(x), sample_axis(x, axis), 0)
    if num not in (None, len(places)):
        raise ValueError(f"`num` must be the size of axis {axis}, {len(places)}. Received: num={num}")
    return [taken(x, part) for part in places]


@computed()
def concatenate(xs: Sequence[Any], axis: int = -1) -> Any:
    """Return several tensors side by side along an axis; other sizes must agree."""
    tensors = _together("concatenate", xs)
    first = tensors[0]
    along = sample_axis(first, axis)
    shapes = [x.sample_shape for x in tensors]
    if any(x.ndim != first.ndim for x in tensors) or len({(*s[:along], *s[along + 1 :]) for s in shapes}) != 1:
        raise ValueError(
            f"concatenate expects tensors that differ along axis {axis} only. "
            f"Received shapes: {[x.shape for x in tensors]}"
        )
    if along == len(shapes[0]) - 1:
        return nodes.join_columns(tensors)
    # The engine joins columns: seen as matrices of (axes before `along`, the others), any axis is along the columns.
    rows = math.prod(shapes[0][:along])
    joined = nodes.join_columns([nodes.reshape_samples(x, (rows, -1)) for x in tensors])
    return nodes.reshape_samples(joined, (*shapes[0][:along], sum(s[along] for s in shapes), *shapes[0][along + 1 :]))


@computed()
def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Return several tensors of one shape along a new axis, which is not the batch's."""
    return concatenate([expand_dims(each, axis) for each in _together("stack", x)], axis)


def _together(op: str, xs: Sequence[Any]) -> list[Tensor]:
    """Return operands as tensors that all have a batch axis if one has."""
    if not isinstance(xs, list | tuple) or not xs:
        raise ValueError(f"{op} expects a list of tensors. Received: {xs!r}")
    tensors = as_tensors(*xs)
    batched = next((x for x in tensors if x.batched), None)
    if batched is None or all(x.batched for x in tensors):
        return tensors
    # 0 for each sample; adding it makes a fixed tensor one for each sample.
    zero = nodes.take_elements(combine(0, batched, "mask"), [0], (1,) * (batched.ndim - 1))
    return [x if x.batched else combine(zero, x, "add") for x in tensors]


def shape(x: Any) -> Shape:
    """Return the shape, with None for the batch axis of a tensor."""
    found: Shape = x.shape if hasattr(x, "shape") else np.shape(x)
    return found


def ndim(x: Any) -> int:
    """Return the number of axes."""
    return len(shape(x))


def size(x: Any) -> int:
    """Return the number of elements, of a sample if there is a batch axis."""
    return math.prod(n for n in shape(x) if n is not None)
