"""Losses and metrics of given arrays: the function is traced with stand-ins for them, and its graph is run once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import ops
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import run

F = TypeVar("F", bound=Callable[..., Any])


class Pair:
    """Targets and predictions as arrays, and the tensors that stand for them.

    Parameters
    ----------
    y_true : array-like
        Targets; as many rows as predictions.
    y_pred : array-like, shape (rows, ...), or (columns,) for one row
        Predictions; in their dtype, float32 or float64, everything is computed.

    Attributes
    ----------
    tensors : tuple of Tensor
        What a function of targets and predictions is to be called with.
    """

    def __init__(self, y_true: ArrayLike, y_pred: ArrayLike) -> None:
        predictions, targets = np.asarray(y_pred), np.asarray(y_true)
        if predictions.ndim == 0 or predictions.size == 0:
            raise ValueError(f"`y_pred` must be an array of at least one row. Received: shape={predictions.shape}")
        self._one_row = predictions.ndim == 1
        if self._one_row:
            predictions, targets = predictions[None], targets[None]
        if targets.shape[:1] != predictions.shape[:1]:
            raise ValueError(
                f"`y_true` must have as many rows as `y_pred`, {len(predictions)}. Received: shape={targets.shape}"
            )
        dtype = "float32" if predictions.dtype in (np.float32, np.float16) else "float64"
        self._arrays = [np.ascontiguousarray(array, dtype) for array in (targets, predictions)]
        self.tensors = tuple(
            ops.placeholder(array.shape[1:], dtype, name)
            for array, name in zip(self._arrays, ("y_true", "y_pred"), strict=True)
        )

    def run(self, tensor: Tensor) -> NDArray[Any]:
        """Return the value of a tensor that was computed from `tensors`."""
        (value,) = run(Graph(self.tensors, [tensor]), self._arrays)
        return value[0] if self._one_row and tensor.batched else value


def on_arrays(function: Callable[[Any, Any], Any], y_true: NDArray[Any], y_pred: NDArray[Any]) -> Any:
    """Return what a function makes of arrays: of its graph if it has one, else it is called with them."""
    try:
        pair = Pair(y_true, y_pred)
        value = function(*pair.tensors)
    except Exception:  # whatever it meant to do with values, as arrays will tell
        value = None
    return pair.run(value) if isinstance(value, Tensor) else function(y_true, y_pred)


def takes_arrays(function: F) -> F:
    """Let a function of tensors be called with arrays too; then it returns an array."""

    @wraps(function)
    def either(y_true: Any, y_pred: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(y_true, Tensor) or isinstance(y_pred, Tensor):
            return function(y_true, y_pred, *args, **kwargs)
        pair = Pair(y_true, y_pred)
        return pair.run(function(*pair.tensors, *args, **kwargs))

    return cast(F, either)
