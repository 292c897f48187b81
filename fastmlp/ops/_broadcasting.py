"""Shapes of several operands in one result, as in NumPy; and the engine's ops on two operands of any shapes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastmlp.graph import Shape, Tensor
from fastmlp.ops import nodes
from fastmlp.ops._operands import as_tensors


def broadcast_shape(a: Shape, b: Shape) -> Shape:
    """Return the shape that two shapes broadcast to. The batch axis goes with another one, or with the size 1."""
    rank = max(len(a), len(b))
    result: list[int | None] = []
    for axis in range(-rank, 0):
        m, n = (shape[axis] if len(shape) >= -axis else 1 for shape in (a, b))
        if (m != n and 1 not in (m, n)) or (axis > -rank and None in (m, n)):
            raise ValueError(f"The operands must have shapes that broadcast. Received: {a} and {b}")
        result.append(n if m == 1 else m)
    return tuple(result)


def broadcast(x: Tensor, shape: Shape) -> Tensor:
    """Return `x` with the sample shape that `shape` has; a fixed tensor stays fixed."""
    target = _sample(shape)
    return _repeat(x, _aligned(x, target), target)


def combine(a: Any, b: Any, kind: str) -> Tensor:
    """Return the engine's function `kind` of two operands."""
    x, y = as_tensors(a, b)
    shape = broadcast_shape(x.shape, y.shape)
    return nodes.binary(_fitted(x, shape), _fitted(y, shape), kind, shape)


def _sample(shape: Shape) -> tuple[int, ...]:
    return tuple(size for size in shape if size is not None)


def _aligned(x: Tensor, target: tuple[int, ...]) -> tuple[int, ...]:
    """Return the sample shape of an operand with as many axes as that of the result."""
    own = x.sample_shape[max(0, len(x.sample_shape) - len(target)) :]  # a fixed one may have a 1 for the batch
    return (1,) * (len(target) - len(own)) + own


def _repeat(x: Tensor, own: tuple[int, ...], target: Sequence[int]) -> Tensor:
    if own == tuple(target):
        return x if x.sample_shape == own else nodes.reshape_samples(x, own)
    places = np.broadcast_to(np.arange(math.prod(own)).reshape(own), tuple(target))
    return nodes.take_elements(x, places.ravel().tolist(), target)


def _fitted(x: Tensor, shape: Shape) -> Tensor:
    """Return an operand that the engine can broadcast itself: all rows of a sample or one, all columns or one."""
    target = _sample(shape)
    own = _aligned(x, target)
    rows = own[:-1] if math.prod(own[:-1]) == 1 else target[:-1]
    return _repeat(x, own, (*rows, *own[-1:]))
