"""The base class of metrics, and the arrays in which they gather what they report."""

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config, initializers
from fastmlp._names import snake_case, unique_name
from fastmlp._registry import Configured, Registry
from fastmlp._targets import check_finite, check_labels

registry: "Registry[Metric]" = Registry("metric")


class State(np.ndarray[Any, np.dtype[Any]]):
    """An array that the updates of a metric change in place; NumPy computes with it as with any other."""

    def assign(self, value: ArrayLike) -> None:
        """Overwrite the values."""
        self[...] = np.asarray(value)

    def assign_add(self, value: ArrayLike) -> None:
        """Add to the values."""
        self[...] += np.asarray(value)

    def assign_sub(self, value: ArrayLike) -> None:
        """Subtract from the values."""
        self[...] -= np.asarray(value)

    def numpy(self) -> NDArray[Any]:
        """Return a copy as a plain array."""
        return np.array(self)


class Metric(Configured):
    """Base class of metrics: gathers with `update_state`, is read with `result`, begins anew with `reset_state`.

    One of your own makes its variables with `add_weight` in `__init__` and overrides `update_state` and `result`; it
    is given NumPy arrays, one batch at a time.

    Parameters
    ----------
    dtype : str, optional
        "float32" or "float64": in what it compares predictions; `floatx()` by default.
    name : str, optional
        Under what it is reported; by default the class in snake_case, numbered from the second one on.

    Attributes
    ----------
    labels : bool or None
        Whether a target is one class index; False: one number for each column of the prediction; None: either.
    direction : {"up", "down"} or None
        Whether more or less is better, for callbacks that look for the best; None where nobody knows.
    """

    labels: ClassVar[bool | None] = None
    direction: str | None = None

    def __init__(self, dtype: str | None = None, name: str | None = None) -> None:
        self.name = unique_name(snake_case(type(self).__name__)) if name is None else name
        self.dtype = config.standardize_dtype(dtype)
        self._variables: list[State] = []

    @property
    def variables(self) -> list[State]:
        """What `add_weight` returned so far."""
        return list(self._variables)

    def add_weight(
        self, shape: Sequence[int] = (), initializer: Any = "zeros", dtype: str | None = None, name: str | None = None
    ) -> State:
        """Return a new array that `reset_state` sets to zero.

        Parameters
        ----------
        shape : sequence of int
            Its shape; a single number by default.
        initializer : str, callable or Initializer
            Its first value.
        dtype : str, optional
            "float64" by default, so that long sums stay exact.
        name : str, optional
            For the reader.
        """
        if not hasattr(self, "_variables"):
            raise RuntimeError(f"`{type(self).__name__}.__init__` must call `super().__init__()` before `add_weight`.")
        dtype = dtype or "float64"
        first = initializers.get(initializer or "zeros")(tuple(shape), dtype)
        variable = np.array(first, dtype).view(State)
        self._variables.append(variable)
        return variable

    add_variable = add_weight

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target can never be meant.

        Parameters
        ----------
        targets : numpy.ndarray
            All targets, of a shape that fits.
        columns : int
            Columns of the prediction.
        """
        if self.labels:
            check_labels(targets, columns)
        elif self.labels is not None:
            check_finite(targets)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add rows to what `result` reports.

        Parameters
        ----------
        y_true : array-like
            Targets.
        y_pred : array-like, shape (rows, ...)
            Predictions.
        sample_weight : array-like, shape (rows,), optional
            Weights of the rows.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement `update_state`.")

    def result(self) -> Any:
        """Return the value for everything since the last `reset_state`: a number, an array or a dict of numbers."""
        raise NotImplementedError(f"{type(self).__name__} must implement `result`.")

    def reset_state(self) -> None:
        """Forget everything."""
        for variable in self._variables:
            variable.assign(0)

    def restore(self, values: Sequence[ArrayLike]) -> None:
        """Take over the values that the variables of an equal metric had."""
        if len(values) > len(self._variables):
            self._build(np.shape(values[-1])[-1])
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)

    def _build(self, columns: int) -> None:
        """Make the variables whose shape depends on the columns of the prediction."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Update with the arguments and return the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the name, the dtype and the other arguments of the constructor that are kept as attributes."""
        names = ("name", "dtype", *inspect.signature(type(self)).parameters)
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def ratio(dividend: ArrayLike, divisor: ArrayLike) -> NDArray[np.float64]:
    """Return the quotient, 0 where the divisor is 0."""
    top, bottom = np.broadcast_arrays(np.asarray(dividend, np.float64), np.asarray(divisor, np.float64))
    quotient = np.zeros(top.shape)
    np.divide(top, bottom, out=quotient, where=bottom != 0)
    return quotient


def same_rank(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return two arrays, one of which may have been given with or without a last axis of one, in the same rank."""
    if x.ndim == y.ndim + 1 and x.shape[-1] == 1:
        return (x, y[:, None]) if y.ndim == 1 else (x[..., 0], y)
    if y.ndim == x.ndim + 1 and y.shape[-1] == 1:
        return (x[:, None], y) if x.ndim == 1 else (x, y[..., 0])
    return x, y
