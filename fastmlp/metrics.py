"""Metrics: what is reported beside the loss. They are names and constants here; the engine computes and sums them."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import losses
from fastmlp._lookup import lookup
from fastmlp._measure import Measure
from fastmlp._registry import Configured, Registry

registry: "Registry[Metric]" = Registry("metric")


class Metric(Configured):
    """Base class of metrics: means over rows, gathered with `update_state` and read with `result`.

    Parameters
    ----------
    name : str, optional
        Under what it is reported; defaults to the metric's name in Keras.

    Attributes
    ----------
    kind : str
        The engine's name of this metric.
    scalars : tuple of float
        The constants that the engine needs.
    labels : bool
        Whether a target is one class index instead of one number for each column of the prediction.
    direction : {"up", "down"} or None
        Whether more or less is better; None where nobody knows. Callbacks ask.
    """

    kind: ClassVar[str]
    labels: ClassVar[bool] = False
    direction: ClassVar[str | None] = None
    scalars: tuple[float, ...] = ()

    def __init__(self, name: str | None = None) -> None:
        self.name = self.kind if name is None else name
        self._sums = np.zeros(2)

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add rows to what `result` is the mean of.

        Parameters
        ----------
        y_true : array-like, shape (..., columns), or (...) for class indices
            Targets.
        y_pred : array-like, shape (..., columns)
            Predictions.
        sample_weight : array-like, shape (...), optional
            Weights of the rows.
        """
        self._sums += Measure("metric", self.kind, self.scalars, self.labels, y_true, y_pred, sample_weight).sums()

    def result(self) -> float:
        """Return the mean over all rows since the last `reset_state`; 0 when there were none."""
        total, weight = self._sums
        return float(total / weight) if weight else 0.0

    def reset_state(self) -> None:
        """Forget all rows."""
        self._sums[:] = 0

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[np.float64]:
        """Return the metric of each row, in the shape of the predictions without their last axis."""
        return Measure("metric", self.kind, self.scalars, self.labels, y_true, y_pred).rows()

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Add rows and return the mean so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


@registry.add()
class BinaryAccuracy(Metric):
    """How often a probability is on the target's side of the threshold; mean over the columns.

    Parameters
    ----------
    name : str
        Under what it is reported.
    threshold : float
        From 0 to 1; a prediction above it means 1.
    """

    kind = "binary_accuracy"
    direction = "up"

    def __init__(self, name: str | None = None, threshold: float = 0.5) -> None:
        super().__init__(name)
        if not 0 <= threshold <= 1:
            raise ValueError(f"`threshold` must be between 0 and 1. Received: threshold={threshold!r}")
        self.threshold = float(threshold)
        self.scalars = (self.threshold,)


@registry.add("accuracy", "acc")  # unless `get_for` knows better
class CategoricalAccuracy(Metric):
    """How often the largest prediction is where the largest target is; targets are one-hot vectors."""

    kind = "categorical_accuracy"
    direction = "up"


@registry.add()
class SparseCategoricalAccuracy(Metric):
    """How often the largest prediction is that of the true class; a target is the index of its class."""

    kind = "sparse_categorical_accuracy"
    direction = "up"
    labels = True


@registry.add("mse", "MSE")
class MeanSquaredError(Metric):
    """Mean over the columns of (y_true - y_pred)²."""

    kind = "mean_squared_error"
    direction = "down"


@registry.add("mae", "MAE")
class MeanAbsoluteError(Metric):
    """Mean over the columns of the absolute value of y_true - y_pred."""

    kind = "mean_absolute_error"
    direction = "down"


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> NDArray[np.float64]:
    """Return the `BinaryAccuracy` of each row."""
    return BinaryAccuracy(threshold=threshold).rows(y_true, y_pred)


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[np.float64]:
    """Return the `CategoricalAccuracy` of each row: 1 or 0."""
    return CategoricalAccuracy().rows(y_true, y_pred)


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[np.float64]:
    """Return the `SparseCategoricalAccuracy` of each row: 1 or 0."""
    return SparseCategoricalAccuracy().rows(y_true, y_pred)


mse = MSE = mean_squared_error = losses.mean_squared_error
mae = MAE = mean_absolute_error = losses.mean_absolute_error

_FUNCTIONS: dict[Callable[..., Any], type[Metric]] = {
    binary_accuracy: BinaryAccuracy,
    categorical_accuracy: CategoricalAccuracy,
    sparse_categorical_accuracy: SparseCategoricalAccuracy,
    mean_squared_error: MeanSquaredError,
    mean_absolute_error: MeanAbsoluteError,
}
_ACCURACY = ("accuracy", "acc")


def get(identifier: object) -> Metric:
    """Return a metric.

    Parameters
    ----------
    identifier : str, function, class, dict or Metric
        A name ("mse", "binary_accuracy", "BinaryAccuracy"), a function of this module, or what `serialize` returned.
        A metric made from a name is reported under the very name.

    Raises
    ------
    ValueError
        If it is none of these; an unknown name is answered with the known ones.
    """
    if isinstance(identifier, str):
        return registry.find(identifier)(name=identifier)
    return lookup(registry, Metric, identifier, _FUNCTIONS)


def get_for(identifier: object, columns: int, labels: bool) -> Metric:
    """Return a metric as `get` does, and for "accuracy" or "acc" the one that fits the output.

    Parameters
    ----------
    identifier : str, function, class, dict or Metric
        What the user gave.
    columns : int
        Columns of the output: with one, accuracy means `BinaryAccuracy`, with more `CategoricalAccuracy`.
    labels : bool
        Whether targets are class indices: then it means `SparseCategoricalAccuracy`.
    """
    if not (isinstance(identifier, str) and identifier.lower() in _ACCURACY):
        return get(identifier)
    if labels:
        return SparseCategoricalAccuracy(identifier)
    return BinaryAccuracy(identifier) if columns == 1 else CategoricalAccuracy(identifier)


serialize = registry.serialize
deserialize = registry.deserialize
