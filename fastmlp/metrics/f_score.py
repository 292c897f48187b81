"""F scores: the weighted harmonic mean of precision and recall."""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config
from fastmlp.metrics.metric import Metric, registry

Average = Literal["micro", "macro", "weighted"] | None

# A row's largest prediction is no choice if it is as small as this.
_NOTHING = 1e-9


@registry.add()
class FBetaScore(Metric):
    """(1 + beta²) precision recall / (beta² precision + recall), of each class.

    Parameters
    ----------
    average : {"micro", "macro", "weighted"}, optional
        Count all classes together; take the mean over the classes; or weight it with the classes' frequencies. Without,
        the result is an array of one score for each class.
    beta : float
        How much more recall counts than precision; positive.
    threshold : float, optional
        Above 0, up to 1: what a positive prediction exceeds. Without, the largest of each row is positive.
    name, dtype
        See `Metric`.
    """

    direction = "up"

    def __init__(
        self,
        average: Average = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(f"`average` must be 'micro', 'macro', 'weighted' or None. Received: average={average!r}")
        if not beta > 0:
            raise ValueError(f"`beta` must be a positive number. Received: beta={beta!r}")
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"`threshold` must be above 0 and not above 1. Received: threshold={threshold!r}")
        self.average = average
        self.beta = float(beta)
        self.threshold = threshold

    def _build(self, columns: int) -> None:
        # rows: true positives, positive predictions, positive targets
        self._sums = self.add_weight((3, 1 if self.average == "micro" else columns))

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add rows.

        Parameters
        ----------
        y_true : array-like, shape (rows, classes)
            Targets, 0 or 1.
        y_pred : array-like, shape (rows, classes)
            Predictions.
        sample_weight : array-like, shape (rows,), optional
            Weights of the rows.
        """
        targets, predictions = np.asarray(y_true, np.float64), np.asarray(y_pred, self.dtype)
        if predictions.ndim != 2 or targets.shape != predictions.shape:
            raise ValueError(
                f"{type(self).__name__} expects arrays of shape (rows, classes). "
                f"Received: y_true of shape {targets.shape}, y_pred of shape {predictions.shape}"
            )
        if not self._variables:
            self._build(predictions.shape[1])
        if self.threshold is None:
            chosen = (predictions >= predictions.max(axis=1, keepdims=True)) & (np.abs(predictions) > _NOTHING)
        else:
            chosen = predictions > self.threshold
        weights = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight, np.float64).reshape(-1)
        sums = np.stack([weights @ (chosen * targets), weights @ chosen, weights @ targets])
        self._sums.assign_add(sums.sum(axis=1, keepdims=True) if self.average == "micro" else sums)

    def result(self) -> float | NDArray[np.float64]:
        """Return the score, or one for each class if there is no `average`."""
        if not self._variables:
            return 0.0
        epsilon, square = config.epsilon(), self.beta**2
        right, predicted, positive = np.asarray(self._sums)
        precision, recall = right / (predicted + epsilon), right / (positive + epsilon)
        scores: NDArray[np.float64] = (1 + square) * precision * recall / (square * precision + recall + epsilon)
        if self.average is None:
            return scores
        if self.average == "weighted":
            return float(scores @ positive / (positive.sum() + epsilon))
        return float(scores.mean())


@registry.add()
class F1Score(FBetaScore):
    """The harmonic mean of precision and recall of each class; parameters as of `FBetaScore`, whose beta is 1."""

    def __init__(
        self,
        average: Average = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: value for name, value in super().get_config().items() if name != "beta"}
