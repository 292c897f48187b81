"""The mean errors of predicted numbers, and how well they point in the direction of the targets."""

from typing import Any

import numpy as np

from fastmlp import losses
from fastmlp._rows import takes_arrays
from fastmlp.metrics.means import RowMean
from fastmlp.metrics.metric import registry


@takes_arrays
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return the cosine of the angle between targets and predictions along an axis: 1 for the same direction."""
    return -losses.cosine_similarity(y_true, y_pred, axis)


@registry.add("mse", "MSE")
class MeanSquaredError(RowMean):
    """Mean over the columns of (y_true - y_pred)².

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    engine_kind = "mean_squared_error"
    labels = False
    direction = "down"

    def __init__(self, name: str | None = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)


@registry.add()
class RootMeanSquaredError(RowMean):
    """The square root of the mean over rows and columns of (y_true - y_pred)².

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    engine_kind = "mean_squared_error"
    labels = False
    direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)

    def result(self) -> float:
        """Return the root of the mean; 0 when there was nothing."""
        return float(np.sqrt(super().result()))


@registry.add("mae", "MAE")
class MeanAbsoluteError(RowMean):
    """Mean over the columns of the absolute value of y_true - y_pred.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    engine_kind = "mean_absolute_error"
    labels = False
    direction = "down"

    def __init__(self, name: str | None = "mean_absolute_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_absolute_error, name, dtype)


@registry.add("mape", "MAPE")
class MeanAbsolutePercentageError(RowMean):
    """100 times the mean over the columns of the error relative to the target's size.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "mean_absolute_percentage_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


@registry.add("msle", "MSLE")
class MeanSquaredLogarithmicError(RowMean):
    """Mean over the columns of (log(y_true + 1) - log(y_pred + 1))²; what is negative counts as 0.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "mean_squared_logarithmic_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


@registry.add("logcosh", "log_cosh")
class LogCoshError(RowMean):
    """Mean over the columns of log(cosh(y_true - y_pred)).

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "down"

    def __init__(self, name: str | None = "logcosh", dtype: str | None = None) -> None:
        super().__init__(losses.log_cosh, name, dtype)


@registry.add()
class CosineSimilarity(RowMean):
    """The cosine of the angle between targets and predictions: 1 for the same direction, -1 for the opposite one.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    axis : int
        Along which targets and predictions are vectors.
    """

    direction = "up"

    def __init__(self, name: str | None = "cosine_similarity", dtype: str | None = None, axis: int = -1) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)
        self.axis = axis
