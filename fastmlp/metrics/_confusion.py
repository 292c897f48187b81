"""Predictions against thresholds: true and false positives and negatives, gathered in one pass for all thresholds.

A prediction is positive for the thresholds below it. So it is enough to count how many thresholds it exceeds: summed
from above, the histogram of these counts is the number of positives at each threshold.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config
from fastmlp.metrics.metric import Metric, same_rank

Array = NDArray[Any]

# Below any prediction: what is not among the `top_k` is negative, and everything that is exceeds it.
LOWEST = -1e10


class ConfusionMetric(Metric):
    """A metric made of true and false positives and negatives at one or more thresholds.

    Parameters
    ----------
    thresholds : sequence of float
        What predictions must exceed.
    top_k : int, optional
        Only the k largest predictions of a row can be positive.
    class_id : int, optional
        Only this column counts.
    dtype, name
        See `Metric`.

    Attributes
    ----------
    true_positives, false_positives, true_negatives, false_negatives : array, shape (thresholds,)
        Sums of the weights.
    """

    def __init__(
        self,
        thresholds: Sequence[float],
        top_k: int | None = None,
        class_id: int | None = None,
        *,
        dtype: str | None,
        name: str | None,
    ) -> None:
        super().__init__(dtype, name)
        self.top_k = top_k
        self.class_id = class_id
        self._limits = np.asarray(thresholds, np.float64)
        self._even = _are_even(self._limits)
        self._add_counts((len(thresholds),))

    def _add_counts(self, shape: tuple[int, ...]) -> None:
        self.true_positives = self.add_weight(shape, name="true_positives")
        self.false_positives = self.add_weight(shape, name="false_positives")
        self.true_negatives = self.add_weight(shape, name="true_negatives")
        self.false_negatives = self.add_weight(shape, name="false_negatives")

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add rows.

        Parameters
        ----------
        y_true : array-like, shape (rows, columns) or (rows,)
            Targets; those that are not 0 are positive.
        y_pred : array-like, of the same shape
            Predictions.
        sample_weight : array-like, shape (rows,) or that of the predictions, optional
            Weights.
        """
        targets, predictions = same_rank(np.asarray(y_true), np.asarray(y_pred, self.dtype))
        if targets.shape != predictions.shape:
            raise ValueError(
                f"`y_true` must have the shape of `y_pred`, {predictions.shape}. Received: shape={targets.shape}"
            )
        weights = _weights(sample_weight, predictions.shape)
        if self.top_k is not None:
            predictions = _keep_largest(predictions, self.top_k)
        if self.class_id is not None:
            if predictions.ndim == 1:
                raise ValueError(f"With `class_id`, `y_pred` must have columns. Received: shape={predictions.shape}")
            targets, predictions, weights = (x[..., self.class_id, None] for x in (targets, predictions, weights))
        self._count(targets.reshape(-1, 1) != 0, predictions.reshape(-1, 1), weights.reshape(-1, 1))

    def _count(self, positive: NDArray[np.bool_], predictions: Array, weights: Array) -> None:
        """Add to the counts; all three of shape (n, labels), where labels is 1 unless the counts have that axis."""
        exceeded = self._exceeded(predictions)
        true, false = (self._from_above(exceeded, weights * of_kind) for of_kind in (positive, ~positive))
        # above[i] is what exceeds more than i thresholds; above[0] is everything.
        shape = self.true_positives.shape
        self.true_positives.assign_add(true[1:].reshape(shape))
        self.false_positives.assign_add(false[1:].reshape(shape))
        self.false_negatives.assign_add((true[0] - true[1:]).reshape(shape))
        self.true_negatives.assign_add((false[0] - false[1:]).reshape(shape))

    def _exceeded(self, predictions: Array) -> NDArray[np.intp]:
        """Return how many thresholds each prediction exceeds, counted from the smallest; a NaN exceeds none."""
        if not self._even:
            known = np.where(np.isnan(predictions), -np.inf, predictions)
            return np.searchsorted(np.sort(self._limits.astype(self.dtype)), known)
        # As Keras rounds: in the dtype of the predictions.
        steps = predictions.dtype.type(len(self._limits) - 1)
        exceeded: NDArray[np.intp] = np.ceil(np.clip(np.nan_to_num(predictions, nan=0), 0, 1) * steps).astype(np.intp)
        return exceeded.clip(min=1) if self._limits[0] < 0 else exceeded

    def _from_above(self, exceeded: NDArray[np.intp], weights: Array) -> Array:
        """Return the weight of what exceeds at least i thresholds, shape (thresholds + 1, labels)."""
        sizes = (len(self._limits) + 1, exceeded.shape[1])
        places = exceeded * sizes[1] + np.arange(sizes[1])
        histogram = np.bincount(places.ravel(), weights.ravel(), minlength=sizes[0] * sizes[1]).reshape(sizes)
        above = histogram[::-1].cumsum(axis=0)[::-1]
        order = np.argsort(np.argsort(self._limits, kind="stable"), kind="stable")
        return np.concatenate([above[:1], above[1:][order]])


def check_thresholds(thresholds: float | Sequence[float] | None, default: float = 0.5) -> list[float]:
    """Return thresholds as a list, or raise a ValueError if one is not between 0 and 1."""
    if thresholds is None:
        return [default]
    several: list[Any] = list(thresholds) if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
    if not several or not all(isinstance(each, float | int | np.number) and 0 <= each <= 1 for each in several):
        raise ValueError(f"`thresholds` must be numbers between 0 and 1. Received: thresholds={thresholds!r}")
    return [float(each) for each in several]


def check_share(name: str, value: float) -> float:
    """Return an argument that must lie between 0 and 1, or raise a ValueError."""
    if not 0 <= value <= 1:
        raise ValueError(f"`{name}` must be between 0 and 1. Received: {name}={value!r}")
    return value


def _are_even(limits: NDArray[np.float64]) -> bool:
    """Whether three or more thresholds divide the range from 0 to 1 into equal parts."""
    even = np.linspace(0, 1, len(limits))
    return len(limits) >= 3 and bool(np.allclose(limits, even, atol=2 * config.epsilon()))


def _weights(sample_weight: ArrayLike | None, shape: tuple[int, ...]) -> Array:
    """Return a weight for each prediction."""
    if sample_weight is None:
        return np.ones(shape)
    weights = np.asarray(sample_weight, np.float64)
    missing = len(shape) - weights.ndim
    try:
        return np.broadcast_to(weights.reshape(weights.shape + (1,) * missing), shape)
    except ValueError:
        raise ValueError(
            f"`sample_weight` must have shape {shape[:1]} or {shape}. Received: shape={weights.shape}"
        ) from None


def _keep_largest(predictions: Array, k: int) -> Array:
    """Return the predictions with all but the k largest of each row below any threshold; the first of equals stay."""
    largest = np.argsort(-predictions, axis=-1, kind="stable")[..., :k]
    kept = np.full_like(predictions, LOWEST)
    np.put_along_axis(kept, largest, np.take_along_axis(predictions, largest, axis=-1), axis=-1)
    return kept
