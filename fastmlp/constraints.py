"""Constraints: what holds for a variable after every step of training.

A constraint is any callable that takes an array and returns the nearest one that is allowed. Those of this module run
inside the engine, right behind the optimizer's step; they can be called on arrays as well.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._registry import Configured, Registry

Array = NDArray[Any]
Engine = tuple[str, str, tuple[float, ...]]  # kind, what its norms are of, scalars

_EPSILON = 1e-7  # added to a norm before division


class Constraint(Configured):
    """The base of all constraints; one of your own overrides `__call__` and, to be saved, `get_config`."""

    def __call__(self, w: ArrayLike) -> Array:
        """Return the array with the constraint fulfilled."""
        return np.asarray(w)

    def in_engine(self, shape: Sequence[int]) -> Engine | None:
        """Return how the engine enforces it on a variable of that shape, or None where it can't."""
        return self._engine_form(shape) if type(self) in _registry else None  # a subclass may call for anything

    def _engine_form(self, shape: Sequence[int]) -> Engine | None:
        return None


_registry: Registry[Constraint] = Registry("constraint")


@_registry.add("nonneg")
class NonNeg(Constraint):
    """Nothing below 0."""

    def __call__(self, w: ArrayLike) -> Array:
        """Return the array with 0 in place of negative elements."""
        return np.maximum(w, 0)

    def _engine_form(self, shape: Sequence[int]) -> Engine | None:
        return ("non_neg", "rows", ())


class _Norm(Constraint, ABC):
    """Constraints on the Euclidean norms of a variable along some axes.

    Parameters
    ----------
    axis : int or sequence of int
        Along which the squares are summed: for a kernel of shape (inputs, units), 0 is the norm of the weights into
        each unit.
    """

    kind = ""

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        self.axis = axis

    def __call__(self, w: ArrayLike) -> Array:
        """Return the array, scaled to the norms that are allowed."""
        array = np.asarray(w)
        axes = tuple(self.axis) if isinstance(self.axis, Sequence) else self.axis
        norms = np.sqrt(np.square(array).sum(axis=axes, keepdims=True))
        scaled: Array = array * (self._wanted(norms) / (norms + _EPSILON))
        return scaled.astype(array.dtype, copy=False)

    @abstractmethod
    def _wanted(self, norms: Array) -> Array:
        """Return what the norms should be."""

    @property
    def scalars(self) -> tuple[float, ...]:
        """The engine's numbers."""
        return ()

    def _engine_form(self, shape: Sequence[int]) -> Engine | None:
        axes = {axis % len(shape) for axis in ([self.axis] if isinstance(self.axis, int) else self.axis)}
        last = len(shape) - 1
        if axes == set(range(len(shape))):
            return (self.kind, "all", self.scalars)
        if axes == set(range(last)):
            return (self.kind, "columns", self.scalars)
        return (self.kind, "rows", self.scalars) if axes == {last} else None


@_registry.add()
class MaxNorm(_Norm):
    """No norm above a limit.

    Parameters
    ----------
    max_value : float
        The limit.
    axis : int or sequence of int
        Along which the squares are summed: for a kernel of shape (inputs, units), 0 is the norm of the weights into
        each unit.

    References
    ----------
    N. Srivastava and others, Dropout: a simple way to prevent neural networks from overfitting, JMLR 2014.
    """

    kind = "max_norm"

    def __init__(self, max_value: float = 2, axis: int | Sequence[int] = 0) -> None:
        super().__init__(axis)
        self.max_value = _not_negative("max_value", max_value)

    def _wanted(self, norms: Array) -> Array:
        return np.minimum(norms, self.max_value)

    @property
    def scalars(self) -> tuple[float, ...]:
        """The engine's numbers."""
        return (float(self.max_value),)


@_registry.add()
class UnitNorm(_Norm):
    """All norms are 1.

    Parameters
    ----------
    axis : int or sequence of int
        Along which the squares are summed: for a kernel of shape (inputs, units), 0 is the norm of the weights into
        each unit.
    """

    kind = "unit_norm"

    def _wanted(self, norms: Array) -> Array:
        return np.ones_like(norms)


@_registry.add()
class MinMaxNorm(_Norm):
    """Norms between two limits, approached by a share of the way in each step.

    Parameters
    ----------
    min_value, max_value : float
        The limits.
    rate : float
        The share, from 0 (nothing is enforced) to 1 (all at once).
    axis : int or sequence of int
        Along which the squares are summed: for a kernel of shape (inputs, units), 0 is the norm of the weights into
        each unit.
    """

    kind = "min_max_norm"

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int | Sequence[int] = 0
    ) -> None:
        super().__init__(axis)
        self.min_value = _not_negative("min_value", min_value)
        self.max_value = _not_negative("max_value", max_value)
        self.rate = rate

    def _wanted(self, norms: Array) -> Array:
        wanted: Array = self.rate * np.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return wanted

    @property
    def scalars(self) -> tuple[float, ...]:
        """The engine's numbers."""
        return (float(self.min_value), float(self.max_value), float(self.rate))


def _not_negative(name: str, value: float) -> float:
    if not isinstance(value, Real) or not value >= 0:
        raise ValueError(f"`{name}` must be a number of at least 0. Received: {name}={value!r}")
    return value


max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm


def get(identifier: object) -> Callable[..., Any] | None:
    """Return a constraint from a name, a class or a config, or a callable itself; None means none.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists those that are known.
    """
    return None if identifier is None else _registry.get(identifier)


def serialize(constraint: Constraint) -> dict[str, Any]:
    """Return the class name and the config of a constraint."""
    return _registry.serialize(constraint)


def deserialize(config: dict[str, Any] | str, custom_objects: Mapping[str, Any] | None = None) -> Constraint:
    """Make a constraint from what `serialize` returned."""
    return _registry.deserialize(config, custom_objects)
