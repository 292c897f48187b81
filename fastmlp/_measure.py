"""Losses and metrics of given arrays: a plan without parameters, whose input is the prediction."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._engine import Data, Plan
from fastmlp._targets import check_targets


class Measure:
    """One loss or metric between targets and predictions, computed by the engine in float64.

    Parameters
    ----------
    role : {"loss", "metric"}
        What the engine takes `kind` for.
    kind : str
        The engine's name of the loss or metric.
    scalars : sequence of float
        Its constants.
    labels : bool
        Whether a target is one class index instead of one number for each column of the prediction.
    y_true : array-like, shape (..., columns), or (...) for labels
        Targets.
    y_pred : array-like, shape (..., columns)
        Predictions.
    sample_weight : array-like, shape (...), optional
        Weights of the rows.
    """

    def __init__(
        self,
        role: Literal["loss", "metric"],
        kind: str,
        scalars: Sequence[float],
        labels: bool,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> None:
        predictions = np.asarray(y_pred, np.float64)
        if predictions.ndim == 0 or predictions.size == 0:
            raise ValueError(f"`y_pred` must be an array of at least one row. Received: shape={predictions.shape}")
        self.shape, cols = predictions.shape[:-1], predictions.shape[-1]
        rows = predictions.size // cols
        targets = np.asarray(y_true, np.float64)
        target_cols = 1 if labels else cols
        expected = (*self.shape, target_cols)
        if targets.shape != expected and not (target_cols == 1 and targets.shape == expected[:-1]):
            raise ValueError(
                f"`y_true` must have shape {expected} to go with `y_pred` of shape {predictions.shape}. "
                f"Received: shape={targets.shape}"
            )
        check_targets(kind, targets, cols)
        self._plan = Plan("float64")
        value = self._plan.input(1, cols)
        target = self._plan.target(1, target_cols)
        if role == "loss":
            self._plan.loss(kind, value, target, 1.0, scalars)
        else:
            self._plan.metric(kind, value, target, sample_weight is not None, scalars)
        self._plan.finish(rows)
        self._plan.bind([])
        self._rows = rows
        self._data = Data(
            [np.ascontiguousarray(predictions).reshape(rows, cols)],
            [np.ascontiguousarray(targets).reshape(rows, target_cols)],
            [None if sample_weight is None else _row_weights(sample_weight, self.shape)],
        )

    def sums(self) -> NDArray[np.float64]:
        """Return the sum over all rows and the sum of the weights they carry."""
        return self._run(0, self._rows)

    def rows(self) -> NDArray[np.float64]:
        """Return the value of each row, in the shape of the predictions without their last axis."""
        return np.array([self._run(row, row + 1)[0] for row in range(self._rows)]).reshape(self.shape)

    def _run(self, first: int, last: int) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.zeros((1, 2))
        self._plan.evaluate(self._data, first, last, last - first, sums)
        return sums.reshape(2)


def _row_weights(sample_weight: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    weights = np.asarray(sample_weight, np.float64)
    if weights.shape not in (shape, (*shape, 1)):
        raise ValueError(f"`sample_weight` must have shape {shape}. Received: shape={weights.shape}")
    return np.ascontiguousarray(weights).reshape(-1)
