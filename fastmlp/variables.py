"""Variables: the numbers that a model learns, stored as the engine wants them.

A variable lives in a *storage*: a C-contiguous (rows, ld) array whose rows start on cache lines, ld being the engine's
leading dimension for its columns. A vector is one row. What lies between the columns and ld is zero and stays zero.
`allocate` moves the storages of a model into one contiguous *arena*.
"""

import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config
from fastmlp._engine import empty_aligned, leading_dimension
from fastmlp._operators import Operators

Array = NDArray[Any]

_MAX_SIZE = 2**40  # beyond any machine's memory; sums of such sizes still fit 64 bits

_layout_version = 0
_layout_lock = threading.Lock()


def _renew_lock() -> None:
    """In a forked child: the lock may be held by a thread of the parent."""
    global _layout_lock
    _layout_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def layout_version() -> int:
    """Return a counter that rises whenever the storage of any variable moves; what was bound before is stale then."""
    return _layout_version


_allowance: ContextVar[list[int] | None] = ContextVar("allowance", default=None)


@contextmanager
def allowance(max_bytes: int | None = None) -> Iterator[None]:
    """Refuse to make variables in the block once they would take more memory together.

    Parameters
    ----------
    max_bytes : int, optional
        A quarter of the machine's memory by default. Inside of such a block, the outer one's rest is what counts.
    """
    if _allowance.get() is not None:
        yield
        return
    if max_bytes is None:
        max_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4
    token = _allowance.set([max_bytes])
    try:
        yield
    finally:
        _allowance.reset(token)


def _take(name: str, shape: tuple[int, ...], size: int) -> None:
    """Use up some bytes of the allowance, if there is one."""
    rest = _allowance.get()
    if rest is not None:
        if size > rest[0]:
            raise ValueError(
                f"Variable '{name}' must fit the {rest[0]} bytes that are left for the weights. Received: shape={shape}"
            )
        rest[0] -= size


class Variable(Operators):
    """A named array of parameters. With Python's operators it makes tensors, as in `call`: `1 - self.rate`.

    Parameters
    ----------
    shape : tuple of int
        Its shape; all sizes positive.
    dtype : str, optional
        "float32" or "float64"; `floatx()` by default.
    initializer : callable, optional
        Called with (shape, dtype), returns the first value; zeros by default.
    name : str
        Name with the layer's in front: "dense/kernel".
    trainable : bool
        Whether an optimizer may ever change it. (A layer can be frozen besides.)

    Attributes
    ----------
    storage : numpy.ndarray
        Shape (rows, ld), see the module's text.
    value : numpy.ndarray
        The view of `storage` that has the shape of the variable. A later `allocate` may leave it behind.
    arena : numpy.ndarray or None
        The buffer that holds this variable's storage beside others.
    path : str
        `name`, with the names of the layers and models in front in which it was made: "mlp/dense/kernel".
    frozen : bool
        Set while the layer that owns it has `trainable = False`.
    regularizer, constraint : callable or None
        What is added to the loss on its account, and what holds after every step.
    """

    def __init__(
        self,
        shape: Iterable[int],
        dtype: str | None = None,
        initializer: Callable[[tuple[int, ...], str], ArrayLike] | None = None,
        name: str = "variable",
        trainable: bool = True,
    ) -> None:
        sizes = tuple(shape)
        if not all(isinstance(size, int | np.integer) for size in sizes):
            raise ValueError(f"`shape` must be integers; first values come from `initializer`. Received: shape={sizes}")
        self.shape = tuple(int(size) for size in sizes)
        if not all(size > 0 for size in self.shape):
            raise ValueError(f"The sizes in `shape` must be positive. Received: shape={self.shape}")
        if self.size >= _MAX_SIZE:
            raise ValueError(f"Variable '{name}' must have fewer than 2**40 elements. Received: shape={self.shape}")
        self.dtype = config.standardize_dtype(dtype)
        self.name = self.path = name
        self.frozen = False
        self.regularizer: Any = None
        self.constraint: Any = None
        self.arena: Array | None = None
        self._trainable = trainable
        self._cols = self.shape[-1] if self.shape else 1
        self._rows = self.size // self._cols
        self._ld = leading_dimension(self._cols, self.dtype)
        _take(name, self.shape, self._rows * self._ld * np.dtype(self.dtype).itemsize)
        self._place(self._new_buffer())
        if initializer is not None:
            self.assign(initializer(self.shape, self.dtype))

    @property
    def trainable(self) -> bool:
        """Whether training changes it now."""
        return self._trainable and not self.frozen

    @property
    def penalty(self) -> tuple[float, float] | None:
        """The factors of the sums of |w| and w² in the loss, if the regularizer is made of these."""
        factors: tuple[float, float] | None = getattr(self.regularizer, "penalty", None)
        return factors

    @property
    def limit(self) -> tuple[str, str, tuple[float, ...]] | None:
        """The constraint as the engine takes it, if it knows it."""
        told = getattr(self.constraint, "in_engine", None)
        return told(self.shape) if told else None

    @property
    def conditions(self) -> tuple[object, ...]:
        """What a plan depends on besides the shape: whether steps change it, and its penalty and limit."""
        penalty = None if self.regularizer is None else self.penalty
        limit = None if self.constraint is None else self.limit
        return self._trainable, self.frozen, penalty, limit

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def matrix(self) -> tuple[int, int]:
        """Rows and columns, as the engine sees it."""
        return self._rows, self._cols

    def numpy(self) -> Array:
        """Return a copy of the value."""
        return self.value.copy()

    def assign(self, value: ArrayLike) -> None:
        """Overwrite the value with an array of the same shape."""
        array = as_numbers(value, self.name)
        if array.shape != self.shape:
            raise ValueError(f"Variable '{self.name}' has shape {self.shape}. Received a value of shape {array.shape}.")
        self.value[...] = array
        self.storage[:, self._cols :] = 0  # where a step with NaN may have left NaN

    def assign_add(self, value: ArrayLike) -> None:
        """Add an array of the same shape, or a number."""
        self.assign(self.value + np.asarray(value))

    def assign_sub(self, value: ArrayLike) -> None:
        """Subtract an array of the same shape, or a number."""
        self.assign(self.value - np.asarray(value))

    def _new_buffer(self) -> Array:
        return empty_aligned(self._rows * self._ld * np.dtype(self.dtype).itemsize)

    def _place(self, buffer: Array) -> None:
        """Live in `buffer`, bytes that are aligned, zero and just enough."""
        self.storage: Array = buffer.view(self.dtype).reshape(self._rows, self._ld)
        self.value: Array = self.storage[:, : self._cols].reshape(self.shape)

    def _move(self, arena: Array, offset: int) -> None:
        """Move the value into the zeroed bytes of `arena` behind `offset`."""
        value = self.value
        self._place(arena[offset : offset + self.storage.nbytes])
        self.value[...] = value
        self.arena = arena

    # A copy or an unpickled variable has an aligned storage of its own, which NumPy's copy of the array would not be.

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "storage": None, "arena": None, "value": self.numpy()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._place(self._new_buffer())
        self.value[...] = state["value"]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype=dtype)

    def __repr__(self) -> str:
        return f"<Variable '{self.name}' shape={self.shape} dtype={self.dtype}>"


def as_numbers(value: ArrayLike, name: str) -> Array:
    """Return the array that somebody of this name was given, or raise a ValueError if it is not of real numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"'{name}' expects an array of real numbers. Received: dtype={array.dtype}")
    return array


def allocate(variables: Iterable[Variable]) -> None:
    """Move variables side by side into one aligned arena; those that are in an arena already stay where they are."""
    global _layout_version
    with _layout_lock:
        homeless = [variable for variable in dict.fromkeys(variables) if variable.arena is None]
        if not homeless:
            return
        arena = empty_aligned(sum(variable.storage.nbytes for variable in homeless))
        offset = 0
        for variable in homeless:
            size = variable.storage.nbytes
            variable._move(arena, offset)
            offset += size
        _layout_version += 1
