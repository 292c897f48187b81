"""The base class of losses: what makes one number of targets and predictions, for tensors and for arrays."""

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config, ops
from fastmlp._names import snake_case, unique_name
from fastmlp._registry import Configured, Registry, unknown_name
from fastmlp._rows import Pair
from fastmlp._targets import check_finite
from fastmlp.graph import Tensor

registry: "Registry[Loss]" = Registry("loss")

MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
_REDUCTIONS = (*MEANS, "sum", "none", None)


class Loss(Configured):
    """Base class of losses; one of your own overrides `call`, written with `fastmlp.ops`.

    Parameters
    ----------
    name : str, optional
        By default the loss' name in Keras.
    reduction : {"sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None}
        What becomes of the losses of the rows, each times its weight: their sum over the number of rows (the first
        two), over the sum of the weights, their sum, or nothing.
    dtype : str, optional
        "float32" or "float64", to which given arrays are converted; by default the one that predictions have.

    Attributes
    ----------
    engine_kind : str or None
        The engine's name of this loss, if it has it in one piece; else `call` says it in ops.
    labels : bool or None
        Whether a target is one class index; False: one number for each column of the prediction; None: either.
    """

    engine_kind: str | None = None
    labels: ClassVar[bool | None] = None

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: str | None = None
    ) -> None:
        if reduction not in _REDUCTIONS:
            raise unknown_name("reduction", reduction, map(str, _REDUCTIONS))
        self.name = unique_name(snake_case(type(self).__name__)) if name is None else name
        self.reduction = reduction
        self.dtype = None if dtype is None else config.standardize_dtype(dtype)

    def __init_subclass__(cls) -> None:
        if "call" in vars(cls) and "engine_kind" not in vars(cls):
            cls.engine_kind = None  # what the engine has in one piece is another formula

    @property
    def engine_scalars(self) -> tuple[float, ...]:
        """The constants that the engine needs for `engine_kind`."""
        return ()

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row.

        Parameters
        ----------
        y_true : Tensor
            Targets.
        y_pred : Tensor, shape (None, ...)
            Predictions.

        Returns
        -------
        Tensor
            Of shape (None, ...), one or more numbers for each row; or without None, one number for the batch.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement `call`.")

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target can never be meant; a loss of one's own may mean anything, such as NaN.

        Parameters
        ----------
        targets : numpy.ndarray
            All targets, of a shape that fits.
        columns : int
            Columns of the prediction.
        """
        if self.labels is not None:
            check_finite(targets)

    def rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
        """Return the loss of each row of arrays, in the dtype of `y_pred`."""
        predictions, targets = np.asarray(y_pred, self.dtype), np.asarray(y_true)
        pair = Pair(targets, predictions)
        self.check(targets, predictions.shape[-1])
        return pair.run(self.call(*pair.tensors))

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the reduced loss.

        Parameters
        ----------
        y_true : array-like or Tensor
            Targets.
        y_pred : array-like or Tensor, shape (rows, ...)
            Predictions.
        sample_weight : array-like or Tensor, shape (rows,), optional
            Weights of the rows.

        Returns
        -------
        float, numpy.ndarray or Tensor
            An array without a reduction; of tensors a tensor.
        """
        if isinstance(y_true, Tensor) or isinstance(y_pred, Tensor):
            return self._reduced(self.call(y_true, y_pred), sample_weight)
        values, weights = np.asarray(self.rows(y_true, y_pred)), None
        if sample_weight is not None:
            weights = _weights(sample_weight, values.shape)
            values = values * weights
        if self.reduction in ("none", None):
            return values
        total = float(values.sum(dtype=np.float64))
        if self.reduction == "sum":
            return total
        count: float = values.size
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            count = float(weights.sum())
        return total / count if count else 0.0

    def _reduced(self, values: Tensor, weights: Tensor | None) -> Any:
        """Return a tensor of losses of rows as one for the batch."""
        if weights is not None:
            values = values * weights
        if self.reduction in ("none", None):
            return values
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            return ops.sum(values) / ops.sum(weights)
        return ops.sum(values) if self.reduction == "sum" else ops.mean(values)

    def get_config(self) -> dict[str, Any]:
        """Return the name, the reduction and the other arguments of the constructor that are kept as attributes."""
        names = ("name", "reduction", *(name for name in inspect.signature(type(self)).parameters if name != "dtype"))
        return {name: getattr(self, name) for name in names if hasattr(self, name)}


class LossFunctionWrapper(Loss):
    """A function of targets and predictions as a loss.

    Parameters
    ----------
    fn : callable
        Called with tensors, returns the loss of each row or of the batch.
    reduction, name, dtype
        See `Loss`; the name of `fn` by default.
    **kwargs
        Given to `fn`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), reduction, dtype)
        self.fn = fn
        self._kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return what the function returns."""
        return self.fn(y_true, y_pred, **self._kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), **self._kwargs}


class NamedLoss(Loss):
    """What the losses that are a function without arguments share.

    Parameters
    ----------
    reduction, name, dtype
        See `Loss`.
    """

    default_name: ClassVar[str]
    function: ClassVar[Callable[..., Any]]
    labels: ClassVar[bool | None] = False

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(self.default_name if name is None else name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return type(self).function(y_true, y_pred)


def same_rank(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return two tensors, one of which may have been given with or without a last axis of one, in the same rank."""
    if len(x.shape) == len(y.shape) + 1 and x.shape[-1] == 1:
        return (x, ops.expand_dims(y, -1)) if len(y.shape) == 1 else (ops.squeeze(x, -1), y)
    if len(y.shape) == len(x.shape) + 1 and y.shape[-1] == 1:
        return (ops.expand_dims(x, -1), y) if len(x.shape) == 1 else (x, ops.squeeze(y, -1))
    return x, y


def _weights(sample_weight: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the weight of each value; a single value, which is the whole batch's, counts with all of them."""
    weights = np.asarray(sample_weight, np.float64)
    if not shape:
        return weights
    if weights.ndim == len(shape) + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    missing = max(len(shape) - weights.ndim, 0)
    try:
        return np.broadcast_to(weights.reshape(weights.shape + (1,) * missing), shape)
    except ValueError:
        raise ValueError(f"`sample_weight` must have shape {shape[:1]}. Received: shape={weights.shape}") from None
