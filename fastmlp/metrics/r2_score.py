"""R²: the share of the targets' variance that predictions explain."""

import warnings
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp.metrics.metric import Metric, registry, same_rank

Score = TypeVar("Score", float, NDArray[np.float64])
Aggregation = Literal["uniform_average", "variance_weighted_average"] | None


@registry.add()
class R2Score(Metric):
    """1 - sum of (y_true - y_pred)² / sum of (y_true - its mean)², of each column.

    Parameters
    ----------
    class_aggregation : {"uniform_average", "variance_weighted_average"}, optional
        The mean over the columns, or the mean weighted with their variances; None: an array of all scores.
    num_regressors : int
        If positive, R² is adjusted for as many independent variables.
    name, dtype
        See `Metric`.
    """

    direction = "up"

    def __init__(
        self,
        class_aggregation: Aggregation = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in (None, "uniform_average", "variance_weighted_average"):
            raise ValueError(
                "`class_aggregation` must be 'uniform_average', 'variance_weighted_average' or None. "
                f"Received: class_aggregation={class_aggregation!r}"
            )
        if num_regressors < 0:
            raise ValueError(f"`num_regressors` must not be negative. Received: num_regressors={num_regressors}")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors

    def _build(self, columns: int) -> None:
        self.num_samples = self.add_weight(name="num_samples")
        # rows: weights, targets, squares of targets, squares of errors
        self._sums = self.add_weight((4, columns))

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add rows.

        Parameters
        ----------
        y_true, y_pred : array-like, shape (rows, columns)
            Targets and predictions.
        sample_weight : array-like, shape (rows,), optional
            Weights of the rows.
        """
        targets, predictions = same_rank(np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64))
        if predictions.ndim != 2 or targets.shape != predictions.shape:
            raise ValueError(
                f"R2Score expects arrays of shape (rows, columns). "
                f"Received: y_true of shape {targets.shape}, y_pred of shape {predictions.shape}"
            )
        if not self._variables:
            self._build(predictions.shape[1])
        weights = np.ones(len(targets)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weights = np.broadcast_to(weights[:, None] if weights.ndim == 1 else weights, targets.shape)
        terms = (np.ones_like(targets), targets, targets**2, (targets - predictions) ** 2)
        self._sums.assign_add(np.stack([(weights * term).sum(axis=0) for term in terms]))
        self.num_samples.assign_add(targets.size)  # as Keras counts: every number of every row

    def result(self) -> float | NDArray[np.float64]:
        """Return the score, or one for each column if there is no `class_aggregation`; NaN where there is nothing."""
        if not self._variables:
            return float("nan")
        count, total, squares, errors = np.asarray(self._sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            variances = squares - total * (total / count)
            scores = 1 - errors / variances
            scores = np.where(np.isinf(scores), 0.0, scores)
            if self.class_aggregation == "uniform_average":
                return self._adjusted(float(scores.mean()))
            if self.class_aggregation == "variance_weighted_average":
                return self._adjusted(float((variances * scores).sum() / variances.sum()))
        return self._adjusted(scores)

    def _adjusted(self, score: Score) -> Score:
        spare = float(self.num_samples) - self.num_regressors - 1
        if self.num_regressors == 0:
            return score
        if spare <= 0:
            warnings.warn(
                f"R² cannot be adjusted for num_regressors={self.num_regressors} with {float(self.num_samples):.0f} "
                "samples and is reported as it is.",
                stacklevel=3,
            )
            return score
        return 1 - (1 - score) * (float(self.num_samples) - 1) / spare
