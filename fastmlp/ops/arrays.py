"""Between tensors, variables and arrays; tensors like others, and new arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import config
from fastmlp.graph import Tensor
from fastmlp.ops import nodes
from fastmlp.ops._broadcasting import combine
from fastmlp.ops._operands import as_tensor, computed
from fastmlp.ops.elementwise import trunc
from fastmlp.variables import Variable

Array = NDArray[Any]


def convert_to_tensor(x: Any, dtype: str | None = None) -> Any:
    """Return a tensor as it is, a variable as a tensor, and anything else as an array.

    Python's fractions become `floatx()`, unless a dtype is given.
    """
    if isinstance(x, Tensor | Variable):
        return as_tensor(x) if dtype is None else cast(x, dtype)
    array = np.asarray(x)
    if dtype is None and array.dtype.kind == "f" and not hasattr(x, "dtype"):
        dtype = config.floatx()
    return array if dtype is None else array.astype(dtype)


def convert_to_numpy(x: Any) -> Array:
    """Return the value as an array."""
    return np.array(x)


def is_tensor(x: Any) -> bool:
    """Return whether x is a tensor."""
    return isinstance(x, Tensor)


def cast(x: Any, dtype: str) -> Any:
    """Return x as numbers of another dtype.

    A graph computes in one dtype, so a tensor keeps it: cast to a float it stays as it is, cast to an integer it loses
    what is behind the point, cast to bool it is 1 where it was not 0. Arrays get the dtype.
    """
    kind = np.dtype(dtype).kind
    if not isinstance(x, Tensor | Variable):
        return np.asarray(x).astype(dtype)
    if kind == "b":
        return combine(x, 0, "not_equal")
    return trunc(x) if kind in "iu" else as_tensor(x)


@computed()
def stop_gradient(variable: Any) -> Any:
    """Return the same values; no gradient passes back through them."""
    return nodes.stop_gradient(as_tensor(variable))


@computed()
def identity(x: Any) -> Any:
    """Return another tensor of the same value."""
    return nodes.identity(as_tensor(x))


@computed()
def zeros_like(x: Any, dtype: str | None = None) -> Any:
    """Return zeros in the shape of x; `dtype` is not used, as a graph computes in one."""
    x = as_tensor(x)
    return (
        combine(nodes.constant(0, (), x.dtype), x, "mask") if x.batched else nodes.constant(0, x.sample_shape, x.dtype)
    )


@computed()
def ones_like(x: Any, dtype: str | None = None) -> Any:
    """Return ones in the shape of x; `dtype` is not used, as a graph computes in one."""
    return full_like(x, 1)


@computed()
def full_like(x: Any, fill_value: float, dtype: str | None = None) -> Any:
    """Return `fill_value` in the shape of x; `dtype` is not used, as a graph computes in one."""
    return combine(zeros_like(x), float(fill_value), "add")


def zeros(shape: Sequence[int], dtype: str | None = None) -> Array:
    """Return an array of zeros."""
    return np.zeros(shape, dtype or config.floatx())


def ones(shape: Sequence[int], dtype: str | None = None) -> Array:
    """Return an array of ones."""
    return np.ones(shape, dtype or config.floatx())


def full(shape: Sequence[int], fill_value: float, dtype: str | None = None) -> Array:
    """Return an array of one value."""
    return np.full(shape, fill_value, dtype or config.floatx())


def eye(N: int, M: int | None = None, k: int = 0, dtype: str | None = None) -> Array:  # noqa: N803 - Keras' names
    """Return ones on the k-th diagonal and zeros elsewhere."""
    return np.eye(N, M, k, dtype or config.floatx())


def arange(start: float, stop: float | None = None, step: float = 1, dtype: str | None = None) -> Array:
    """Return evenly spaced numbers, from 0 if only one limit is given."""
    array = np.arange(start, step=step) if stop is None else np.arange(start, stop, step)
    return array.astype(dtype or (config.floatx() if array.dtype.kind == "f" else "int32"))


def linspace(start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: str | None = None) -> Array:
    """Return `num` evenly spaced numbers between two limits."""
    return np.linspace(start, stop, num, endpoint=endpoint).astype(dtype or config.floatx())
