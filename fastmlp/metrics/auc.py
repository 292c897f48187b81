"""The area under the ROC curve or the precision-recall curve."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config
from fastmlp._registry import unknown_name
from fastmlp.metrics._confusion import ConfusionMetric
from fastmlp.metrics.metric import ratio, registry

Array = NDArray[Any]

_CURVES = ("ROC", "PR", "PRGAIN")
_SUMMATIONS = ("interpolation", "minoring", "majoring")


@registry.add("auc")
class AUC(ConfusionMetric):
    """The area under a curve, which is drawn through its points at some thresholds.

    Parameters
    ----------
    num_thresholds : int
        How many thresholds are spread evenly from 0 to 1; at least 2.
    curve : {"ROC", "PR", "PRGAIN"}
        True positive rate over false positive rate; precision over recall; or both as gains over the base rate.
    summation_method : {"interpolation", "minoring", "majoring"}
        Between two points the curve is straight (for "PR" as Davis and Goadrich say), or as low or as high as the
        lower or the higher of them.
    name, dtype
        See `Metric`.
    thresholds : sequence of float, optional
        Between 0 and 1; used together with 0 and 1 instead of `num_thresholds`.
    multi_label : bool
        Whether each column has a curve of its own, and the result is the mean of their areas.
    num_labels : int, optional
        How many columns there are, with `multi_label`.
    label_weights : sequence of float, optional
        Weights of the columns: of their areas with `multi_label`, of their predictions without.
    from_logits : bool
        Whether predictions are logits, whose sigmoid is compared.

    References
    ----------
    J. Davis, M. Goadrich, The Relationship Between Precision-Recall and ROC Curves, ICML 2006.
    P. Flach, M. Kull, Precision-Recall-Gain Curves: PR Analysis Done Right, NIPS 2015.
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        if curve.upper() not in _CURVES:
            raise unknown_name("curve", curve, _CURVES)
        if summation_method.lower() not in _SUMMATIONS:
            raise unknown_name("summation method", summation_method, _SUMMATIONS)
        if thresholds is None and num_thresholds < 2:
            raise ValueError(f"`num_thresholds` must be at least 2. Received: num_thresholds={num_thresholds}")
        if num_labels and not multi_label:
            raise ValueError(f"`num_labels` goes with `multi_label=True` only. Received: num_labels={num_labels}")
        self.curve = curve.upper()
        self.summation_method = summation_method.lower()
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else [float(weight) for weight in label_weights]
        self.from_logits = from_logits
        self._given = thresholds
        inner = np.linspace(0, 1, num_thresholds)[1:-1] if thresholds is None else np.sort(thresholds)
        # A little beyond 0 and 1: every prediction is positive at the first threshold, none at the last.
        self.thresholds = [-config.epsilon(), *inner.tolist(), 1 + config.epsilon()]
        self.num_thresholds = len(self.thresholds)
        super().__init__(self.thresholds, dtype=dtype, name=name)

    def _add_counts(self, shape: tuple[int, ...]) -> None:
        if not self.multi_label:
            super()._add_counts(shape)
        elif self.num_labels:
            self._build(self.num_labels)

    def _build(self, columns: int) -> None:
        super()._add_counts((self.num_thresholds, columns))

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add rows; see `ConfusionMetric.update_state`."""
        predictions = np.asarray(y_pred, self.dtype)
        if self.from_logits:
            predictions = np.exp(-np.logaddexp(0, -predictions))
        if self.multi_label and predictions.ndim != 2:
            raise ValueError(f"With `multi_label`, `y_pred` must have rank 2. Received: shape={predictions.shape}")
        if self.multi_label and not self._variables:
            self._build(predictions.shape[1])
        super().update_state(y_true, predictions, sample_weight)

    def _count(self, positive: NDArray[np.bool_], predictions: Array, weights: Array) -> None:
        if self.multi_label:
            columns = (-1, self.true_positives.shape[1])
            positive, predictions, weights = (x.reshape(columns) for x in (positive, predictions, weights))
        elif self.label_weights is not None:
            rows = weights.size // len(self.label_weights)
            weights = weights * np.tile(self.label_weights, rows)[:, None]
        super()._count(positive, predictions, weights)

    def result(self) -> float:
        """Return the area."""
        if not self._variables:
            return 0.0
        if self.curve == "PR" and self.summation_method == "interpolation":
            parts = self._interpolated_parts()
        else:
            x, y = self._points()
            left, right = y[1:], y[:-1]
            match self.summation_method:
                case "interpolation":
                    heights = (left + right) / 2
                case "minoring":
                    heights = np.minimum(left, right)
                case _:
                    heights = np.maximum(left, right)
            parts = (x[:-1] - x[1:]) * heights
        areas = parts.sum(axis=0)
        if not self.multi_label:
            return float(areas)
        weights = np.ones(len(areas)) if self.label_weights is None else np.asarray(self.label_weights)
        return float(ratio(areas @ weights, weights.sum()))

    def _points(self) -> tuple[Array, Array]:
        """Return the points of the curve, from right to left."""
        tp, fp, tn, fn = map(np.asarray, self._variables)
        recalls, precisions = ratio(tp, tp + fn), ratio(tp, tp + fp)
        match self.curve:
            case "ROC":
                return ratio(fp, fp + tn), recalls
            case "PR":
                return recalls, precisions
        odds = ratio(tp + fn, tn + fp)
        recall_gains = np.maximum(np.where(tp == 0, 0, 1 - odds * ratio(fn, tp)), 0)
        return recall_gains, np.where(tp == 0, 1, 1 - odds * ratio(fp, tp))

    def _interpolated_parts(self) -> Array:
        """Return the areas between the points: true positives grow with false ones, at a steady rate between points."""
        tp, fp, _, fn = map(np.asarray, self._variables)
        predicted = tp + fp
        found, more = tp[:-1] - tp[1:], predicted[:-1] - predicted[1:]
        slope = ratio(found, np.maximum(more, 0))
        intercept = tp[1:] - slope * predicted[1:]
        both = (predicted[:-1] > 0) & (predicted[1:] > 0)
        growth = np.where(both, ratio(predicted[:-1], predicted[1:]), 1)
        return ratio(slope * (found + intercept * np.log(growth)), tp[1:] + fn[1:])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "thresholds": self._given}
