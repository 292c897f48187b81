"""Means and sums: of given values, or of what a function says of each row."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fastmlp._registry import deserialize_keras_object
from fastmlp._rows import on_arrays
from fastmlp.metrics.metric import Metric, ratio, registry, same_rank


@registry.add()
class Sum(Metric):
    """The sum of all values, each times its weight.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    def __init__(self, name: str | None = "sum", dtype: str | None = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        """Add values.

        Parameters
        ----------
        values : array-like, any shape
            The values.
        sample_weight : array-like, optional
            Weights of the values, or of rows of them.
        """
        numbers = np.asarray(values, np.float64)
        if sample_weight is not None:
            numbers, weights = same_rank(numbers, np.asarray(sample_weight, np.float64))
            numbers = numbers * weights.reshape(weights.shape + (1,) * (numbers.ndim - weights.ndim))
        self.total.assign_add(numbers.sum())

    def result(self) -> float:
        """Return the sum."""
        return float(self.total)


@registry.add()
class Mean(Metric):
    """The mean over rows, weighted; the value of a row is the mean of its numbers.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    def __init__(self, name: str | None = "mean", dtype: str | None = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_weight(name="total")
        self.count = self.add_weight(name="count")

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        """Add rows.

        Parameters
        ----------
        values : array-like, shape (rows, ...) or ()
            The values; a single one is a row.
        sample_weight : array-like, shape (rows,) or more of the shape of `values`, optional
            Weights.
        """
        numbers = np.atleast_1d(np.asarray(values, np.float64))
        weights = np.ones(len(numbers)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        numbers, weights = same_rank(numbers, weights)
        numbers = numbers.mean(axis=tuple(range(weights.ndim, numbers.ndim)))
        weights = np.broadcast_to(weights, numbers.shape)
        of_rows = tuple(range(1, numbers.ndim))
        self.add(float((numbers * weights).mean(axis=of_rows).sum()), float(weights.mean(axis=of_rows).sum()))

    def add(self, total: float, count: float) -> None:
        """Add rows whose weighted sum and whose sum of weights are known."""
        self.total.assign_add(total)
        self.count.assign_add(count)

    def result(self) -> float:
        """Return the mean; 0 when there was nothing."""
        return float(ratio(self.total, self.count))


@registry.add()
class MeanMetricWrapper(Mean):
    """The mean of what a function says of each row.

    Parameters
    ----------
    fn : callable
        Called with targets and predictions, returns the value of each row or one for the batch. It is called with
        tensors and written with `fastmlp.ops`, or else, if it cannot work with tensors, with NumPy arrays.
    name, dtype
        See `Metric`; the name of `fn` by default.
    **kwargs
        Given to `fn`.

    Attributes
    ----------
    engine_kind : str or None
        The engine's name of this metric, if it knows it.
    engine_scalars : tuple of float
        The constants that the engine needs for it.
    """

    engine_kind: str | None = None
    engine_scalars: tuple[float, ...] = ()

    def __init__(
        self, fn: Callable[..., Any], name: str | None = None, dtype: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self.fn = fn
        self._kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return what the function says of targets and predictions, tensors or arrays."""
        return self.fn(y_true, y_pred, **self._kwargs)

    def update_state(  # type: ignore[override]
        self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Add rows; see `Metric.update_state`."""
        values = on_arrays(self.call, np.asarray(y_true), np.asarray(y_pred))
        super().update_state(values, None if np.ndim(values) == 0 else sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), **self._kwargs}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a metric from what `get_config` returned; the function may be the config of one."""
        return cls(**deserialize_keras_object(config)) if "fn" in config else super().from_config(config)


class RowMean(MeanMetricWrapper):
    """A mean over rows whose function, one of fastmlp's, has a value for each row."""
