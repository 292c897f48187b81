"""How much the columns of a row's prediction rise and fall with those of its target."""

from typing import Any

from fastmlp import config, ops
from fastmlp._rows import takes_arrays
from fastmlp.losses.loss import same_rank
from fastmlp.metrics.means import RowMean
from fastmlp.metrics.metric import registry


@takes_arrays
def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return the covariance along an axis over the product of the standard deviations."""
    (true, true_variance), (predicted, variance) = (_moments(y, axis) for y in same_rank(y_true, y_pred))
    return ops.mean(true * predicted, axis=axis) / ops.sqrt(true_variance * variance)


@takes_arrays
def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return twice the covariance along an axis over the variances and the square of the difference of the means."""
    y_true, y_pred = same_rank(y_true, y_pred)
    (true, true_variance), (predicted, variance) = (_moments(y, axis) for y in (y_true, y_pred))
    shift = ops.square(ops.mean(y_true, axis=axis) - ops.mean(y_pred, axis=axis))
    return 2 * ops.mean(true * predicted, axis=axis) / (true_variance + variance + shift + config.epsilon())


def _moments(x: Any, axis: int) -> tuple[Any, Any]:
    """Return the deviations from the mean along an axis and their mean square."""
    deviations = x - ops.mean(x, axis=axis, keepdims=True)
    return deviations, ops.mean(ops.square(deviations), axis=axis)


@registry.add()
class PearsonCorrelation(RowMean):
    """The correlation between a row's targets and its predictions, from -1 to 1; NaN where either are all equal.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    axis : int
        Along which targets and predictions are compared.
    """

    direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis


@registry.add()
class ConcordanceCorrelation(RowMean):
    """How close a row's targets and predictions lie to equality, from -1 to 1.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    axis : int
        Along which targets and predictions are compared.

    References
    ----------
    L. Lin, A Concordance Correlation Coefficient to Evaluate Reproducibility, Biometrics 45 (1989).
    """

    direction = "up"

    def __init__(self, name: str | None = "concordance_correlation", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis
