"""What the constructors of several layers ask of their arguments."""

import math
from typing import Any

import numpy as np


def positive_integer(argument: str, value: Any) -> int:
    """Return a positive integer, or raise a ValueError that names the argument."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise ValueError(f"`{argument}` must be a positive integer. Received: {argument}={value!r}")
    return int(value)


def not_negative(argument: str, value: Any) -> float:
    """Return a number from 0 up, or raise a ValueError that names the argument."""
    if not isinstance(value, int | float | np.number) or not value >= 0:
        raise ValueError(f"`{argument}` must be a number that is not negative. Received: {argument}={value!r}")
    return float(value)


def share(argument: str, value: Any) -> float:
    """Return a number in [0, 1), or raise a ValueError that names the argument."""
    if not isinstance(value, int | float | np.number) or not 0 <= value < 1:
        raise ValueError(f"`{argument}` must be at least 0 and less than 1. Received: {argument}={value!r}")
    return float(value)


def axis_of(layer: Any, shape: tuple[int | None, ...]) -> int:
    """Return the one axis that a layer works along, counted from the front and not the batch's."""
    axes = axes_of(layer, shape)
    if len(axes) != 1:
        raise ValueError(f"`axis` must be one axis. Received: axis={layer.axis!r}")
    return axes[0]


def axes_of(layer: Any, shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """Return the axes that a layer works along, in order, counted from the front, and without the batch's."""
    rank = len(shape)
    given = layer.axis if isinstance(layer.axis, list | tuple) else (layer.axis,)
    axes = sorted({axis % rank for axis in given if isinstance(axis, int) and -rank <= axis < rank})
    if not axes or len(axes) != len(given) or axes[0] == 0:
        raise ValueError(
            f"`axis` of layer '{layer.name}' must be among the axes 1 to {rank - 1} of its input. "
            f"Received: axis={layer.axis!r}"
        )
    return tuple(axes)


def layer_name(name: object) -> str:
    """Return the name of a layer, or raise a ValueError."""
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"`name` must be a non-empty string without '/'. Received: name={name!r}")
    return name


def given_shape(input_shape: Any, input_dim: Any) -> tuple[int, ...] | None:
    """Return the shape of one sample that the user gave, or None."""
    if input_shape is None:
        if input_dim is None:
            return None
        input_shape = (input_dim,)
    return sample_shape(input_shape, "input_shape")


def sample_shape(shape: Any, argument: str) -> tuple[int, ...]:
    """Return the shape of one sample as a tuple, or raise a ValueError that names the argument."""
    try:
        sizes = tuple(shape)
    except TypeError:
        sizes = (None,)
    if not all(isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0 for size in sizes):
        raise ValueError(
            f"`{argument}` must be a tuple of positive integers, the shape of one sample without the batch axis. "
            f"Received: {argument}={shape!r}"
        )
    if math.prod(map(int, sizes)) >= 2**31:
        raise ValueError(f"`{argument}` describes more than 2**31 numbers a sample. Received: {argument}={shape!r}")
    return tuple(int(size) for size in sizes)
