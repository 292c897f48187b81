"""Regularizers: what weights add to the loss on their own account.

A regularizer is any callable that takes an array, or a tensor without a batch axis, and returns one number. L1 and L2
penalties are part of the engine's step; others are computed with `fastmlp.ops` beside the loss.
"""

import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from fastmlp import ops
from fastmlp._registry import Configured, Registry
from fastmlp.graph import Tensor


class Regularizer(Configured):
    """The base of all regularizers; one of your own overrides `__call__` and, to be saved, `get_config`."""

    def __call__(self, x: Any) -> Any:
        """Return what an array or tensor adds to the loss."""
        return 0.0

    @property
    def penalty(self) -> tuple[float, float] | None:
        """The factors of the sums of |x| and of x², if that is all."""
        return None


_registry: Registry[Regularizer] = Registry("regularizer")


class _Penalty(Regularizer):
    """Sums of absolute values and of squares."""

    l1 = 0.0
    l2 = 0.0

    def __call__(self, x: Any) -> Any:
        """Return the penalty on an array or tensor."""
        calculus = _calculus(x)
        terms = []
        if self.l1:
            terms.append(calculus.sum(calculus.absolute(x)) * self.l1)
        if self.l2:
            terms.append(calculus.sum(calculus.square(x)) * self.l2)
        return sum(terms[1:], terms[0]) if terms else calculus.sum(x) * 0.0

    @property
    def penalty(self) -> tuple[float, float] | None:
        """The factors of the sums of |x| and of x², unless it is a subclass of the user's."""
        return (self.l1, self.l2) if type(self) in _registry else None


@_registry.add()
class L1(_Penalty):
    """The sum of absolute values, times a factor.

    Parameters
    ----------
    l1 : float
        The factor.
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _factor("l1", 0.01 if l1 is None else l1)


@_registry.add()
class L2(_Penalty):
    """The sum of squares, times a factor.

    Parameters
    ----------
    l2 : float
        The factor.
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _factor("l2", 0.01 if l2 is None else l2)


@_registry.add("l1_l2")
class L1L2(_Penalty):
    """The sum of absolute values and the sum of squares, each times a factor.

    Parameters
    ----------
    l1, l2 : float
        The factors.
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor("l1", l1 or 0.0)
        self.l2 = _factor("l2", l2 or 0.0)


@_registry.add()
class OrthogonalRegularizer(Regularizer):
    """The mean of the absolute cosines between the rows of a matrix, or between its columns.

    Parameters
    ----------
    factor : float
        What it is multiplied by.
    mode : {"rows", "columns"}
        Which should be orthogonal to one another.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor("factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(f"`mode` must be 'rows' or 'columns'. Received: mode={mode!r}")
        self.mode = mode

    def __call__(self, x: Any) -> Any:
        """Return the penalty on an array or tensor of rank 2."""
        if len(x.shape) != 2:
            raise ValueError(f"OrthogonalRegularizer expects a matrix. Received: shape={tuple(x.shape)}")
        calculus = _calculus(x)
        rows = x if self.mode == "rows" else calculus.transpose(x)
        size = rows.shape[0]
        squares = calculus.sum(calculus.square(rows), axis=1, keepdims=True)
        rows = rows / calculus.sqrt(calculus.maximum(squares, 1e-12))
        cosines = calculus.absolute(calculus.matmul(rows, calculus.transpose(rows)))
        pairs = max(size * (size - 1), 1)
        return calculus.sum(cosines * (1 - np.eye(size, dtype=str(x.dtype)))) * (self.factor / pairs)


def _calculus(x: Any) -> Any:
    """Return the module whose functions compute with x."""
    return ops if isinstance(x, Tensor) else np


def _factor(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value < math.inf:
        raise ValueError(f"`{name}` must be a finite number of at least 0. Received: {name}={value!r}")
    return float(value)


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer


def get(identifier: object) -> Callable[..., Any] | None:
    """Return a regularizer from a name, a class or a config, or a callable itself; None means none.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists those that are known.
    """
    return None if identifier is None else _registry.get(identifier)


def serialize(regularizer: Regularizer) -> dict[str, Any]:
    """Return the class name and the config of a regularizer."""
    return _registry.serialize(regularizer)


def deserialize(config: dict[str, Any] | str, custom_objects: Mapping[str, Any] | None = None) -> Regularizer:
    """Make a regularizer from what `serialize` returned."""
    return _registry.deserialize(config, custom_objects)
