"""Checks of the plain arguments of fit, evaluate and predict."""

import operator
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

Verbose = Literal["auto", 0, 1, 2]

DEFAULT_BATCH = 32

_TRUTHS = (bool, np.bool_, Integral)  # the common one first: asking Integral takes long


def positive(argument: str, value: Any, default: int) -> int:
    """Return a positive integer, or the default where there is none."""
    return default if value is None else _integer(argument, value, 1)


def not_negative(argument: str, value: Any) -> int:
    """Return an integer that is not negative."""
    return _integer(argument, value, 0)


def batch_size(value: Any) -> int:
    """Return the rows of a batch."""
    return positive("batch_size", value, DEFAULT_BATCH)


def rows(available: int, batch_size: int, steps: Any) -> int:
    """Return how many rows a number of batches has, or all where it is None."""
    return available if steps is None else min(available, _integer("steps", steps, 1) * batch_size)


def share(value: Any) -> float:
    """Return a share of the samples, in [0, 1)."""
    if not isinstance(value, (float, Real)) or not 0 <= float(value) < 1:
        raise ValueError(f"`validation_split` must be at least 0 and less than 1. Received: validation_split={value!r}")
    return float(value)


def schedule(validation_freq: int | Sequence[int]) -> Callable[[int], bool]:
    """Return a function that tells of an epoch, counted from 1, whether it is validated."""
    if not isinstance(validation_freq, int | str) and isinstance(validation_freq, Sequence):
        return frozenset(_integer("validation_freq", epoch, 1) for epoch in validation_freq).__contains__
    every = _integer("validation_freq", validation_freq, 1)
    return lambda epoch: epoch % every == 0


def verbosity(value: Any, auto: int = 1) -> int:
    """Return 0 for silence, 1 for a bar, 2 for lines."""
    if isinstance(value, str) and value == "auto":
        return auto
    if not isinstance(value, (int, Integral)) or value not in (0, 1, 2):
        raise ValueError(f"`verbose` must be 'auto', 0, 1 or 2. Received: verbose={value!r}")
    return int(value)


def flag(argument: str, value: Any) -> bool:
    """Return True or False, which may be spelled 1 or 0."""
    if not isinstance(value, _TRUTHS) or value not in (0, 1):
        raise ValueError(f"`{argument}` must be True or False. Received: {argument}={value!r}")
    return bool(value)


def shuffling(value: Any) -> bool | Literal["batch"]:
    """Return True, False or "batch"."""
    if isinstance(value, str) and value == "batch":
        return "batch"
    if not isinstance(value, _TRUTHS) or value not in (0, 1):
        raise ValueError(f"`shuffle` must be True, False or 'batch'. Received: shuffle={value!r}")
    return bool(value)


def described(value: Any) -> str:
    """Return the kind of a value, and its length if it has one: values themselves may be large."""
    length = f" of length {len(value)}" if hasattr(value, "__len__") else ""
    return f"{type(value).__name__}{length}"


def _integer(argument: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        kind = "a positive integer" if least else "an integer of at least 0"
        raise ValueError(f"`{argument}` must be {kind}. Received: {argument}={value!r}")
    return number
