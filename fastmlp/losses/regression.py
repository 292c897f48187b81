"""Losses of predicted numbers."""

from typing import Any

from fastmlp import config, ops
from fastmlp._rows import takes_arrays
from fastmlp.losses.loss import Loss, NamedLoss, registry, same_rank


@takes_arrays
def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean over the last axis of (y_true - y_pred)²."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@takes_arrays
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean over the last axis of the absolute value of y_true - y_pred."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@takes_arrays
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Return 100 times the mean over the last axis of the errors relative to the targets' size."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return 100 * ops.mean(ops.abs(y_true - y_pred) / ops.maximum(ops.abs(y_true), config.epsilon()), axis=-1)


@takes_arrays
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Return the mean over the last axis of (log(y_true + 1) - log(y_pred + 1))²; what is negative counts as 0."""
    y_true, y_pred = same_rank(y_true, y_pred)
    logs = (ops.log(ops.maximum(y, config.epsilon()) + 1) for y in (y_true, y_pred))
    return ops.mean(ops.square(next(logs) - next(logs)), axis=-1)


@takes_arrays
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Return the mean over the last axis of e² / 2 where e <= delta, else of delta (e - delta / 2); e is the error."""
    y_true, y_pred = same_rank(y_true, y_pred)
    error = ops.abs(y_true - y_pred)
    quadratic = ops.minimum(error, delta)  # delta times it is the linear part where the error is larger
    return ops.mean(quadratic * (error - 0.5 * quadratic), axis=-1)


@takes_arrays
def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """Return the mean over the last axis of log(cosh(y_true - y_pred)): about e² / 2 for small errors, e for large."""
    y_true, y_pred = same_rank(y_true, y_pred)
    error = ops.abs(y_true - y_pred)
    # log((exp(e) + exp(-e)) / 2), without exp of large numbers
    return ops.mean(error + ops.log1p(0.5 * ops.expm1(-2 * error)), axis=-1)


@takes_arrays
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Return minus the cosine of the angle between targets and predictions along an axis: -1 for the same direction."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return -ops.sum(unit(y_true, axis) * unit(y_pred, axis), axis=axis)


def unit(x: Any, axis: int) -> Any:
    """Return vectors along an axis with length 1; those that are nearly zero become no longer than that."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.minimum(ops.rsqrt(squares), 1 / config.epsilon())


@registry.add("mse", "MSE")
class MeanSquaredError(NamedLoss):
    """Mean over the columns of (y_true - y_pred)²."""

    default_name = "mean_squared_error"
    function = mean_squared_error
    engine_kind = "mse"


@registry.add("mae", "MAE")
class MeanAbsoluteError(NamedLoss):
    """Mean over the columns of the absolute value of y_true - y_pred."""

    default_name = "mean_absolute_error"
    function = mean_absolute_error
    engine_kind = "mae"


@registry.add("mape", "MAPE")
class MeanAbsolutePercentageError(NamedLoss):
    """100 times the mean over the columns of the error relative to the target's size."""

    default_name = "mean_absolute_percentage_error"
    function = mean_absolute_percentage_error


@registry.add("msle", "MSLE")
class MeanSquaredLogarithmicError(NamedLoss):
    """Mean over the columns of (log(y_true + 1) - log(y_pred + 1))²; what is negative counts as 0."""

    default_name = "mean_squared_logarithmic_error"
    function = mean_squared_logarithmic_error


@registry.add("logcosh")
class LogCosh(NamedLoss):
    """Mean over the columns of log(cosh(y_true - y_pred))."""

    default_name = "log_cosh"
    function = log_cosh


@registry.add("huber_loss")
class Huber(Loss):
    """Quadratic for small errors, linear for large ones.

    Of an error e, absolute value of y_true - y_pred: e² / 2 where e <= delta, else delta (e - delta / 2); mean over the
    columns.

    Parameters
    ----------
    delta : float
        Where the quadratic part ends; positive.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    P. J. Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35 (1964).
    """

    engine_kind = "huber"
    labels = False

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        if not delta > 0:
            raise ValueError(f"`delta` must be a positive number. Received: delta={delta!r}")
        self.delta = float(delta)

    @property
    def engine_scalars(self) -> tuple[float, ...]:
        """Where the quadratic part ends."""
        return (self.delta,)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return huber(y_true, y_pred, self.delta)


@registry.add()
class CosineSimilarity(Loss):
    """Minus the cosine of the angle between targets and predictions: -1 for the same direction, 0 for a right angle.

    Parameters
    ----------
    axis : int
        Along which targets and predictions are vectors.
    reduction, name, dtype
        See `Loss`.
    """

    labels = False

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return cosine_similarity(y_true, y_pred, self.axis)
