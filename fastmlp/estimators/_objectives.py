"""The losses of the estimators as the engine takes them, with scikit-learn's scale."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fastmlp import losses, ops
from fastmlp.graph import Tensor
from fastmlp.losses import Huber, Loss, MeanAbsoluteError
from fastmlp.lowering import LossSpec
from fastmlp.models._objective.values import loss_value, target_leaf

Formula = Callable[[Tensor, Tensor], Tensor]


class Objective(NamedTuple):
    """A loss between the output and one target.

    Attributes
    ----------
    spec : LossSpec
        Its gradient is what scikit-learn takes for the gradient. That of the squared error belongs to half the sum over
        the outputs, while scikit-learn reports half the mean.
    scale : float
        What the engine's loss, a mean over the outputs, is multiplied with to be the loss that scikit-learn reports.
    target : tuple of int
        The shape of one sample of the target.
    activated : bool
        Whether the loss is of the activated output; False: of the output before its activation.
    formula : callable, optional
        What makes the loss of each row of target and output, where the engine doesn't have it in one piece.
    """

    spec: LossSpec
    scale: float
    target: tuple[int, ...]
    activated: bool = False
    formula: Formula | None = None

    def judged(self, logits: Tensor, result: Tensor) -> Tensor:
        """Return what the loss is of, from the output before its activation and behind it."""
        if self.formula is not None:
            return self.formula(target_leaf(0, self.target, result.dtype), result)
        return result if self.activated else logits


def classification(activation: Any, outputs: int, dtype: str) -> Objective:
    """Return the log loss behind "softmax", of class numbers, or behind "logistic", of bits.

    Logarithms are of probabilities between the epsilon of the dtype and 1 minus that.
    """
    clip = (0.0, float(np.finfo(dtype).eps))
    if activation == "softmax":
        return _fused("sparse_categorical_crossentropy_logits", 1, 1.0, 1.0, clip)
    return _fused("binary_crossentropy_logits", outputs, outputs, outputs, clip)


def regression(loss: Any, activation: Any, outputs: int, *, quantile: float, delta: float) -> Objective:
    """Return a loss of numbers.

    Parameters
    ----------
    loss : str, Loss or callable
        scikit-learn's "squared_error", "poisson", "absolute_error", "huber" or "quantile", or one of fastmlp's.
    activation : str or callable
        Of the output.
    outputs : int
        Columns of the output.
    quantile : float
        Of "quantile".
    delta : float
        Of "huber".
    """
    match loss, activation:
        case "squared_error", "identity" | "linear":
            return _fused("mse", outputs, outputs / 2, 0.5)
        case "squared_error", _:
            return _fused("mse", outputs, outputs / 2, 0.5, activated=True)
        case "poisson", "exp" | "exponential":
            return _fused("poisson_log", outputs, outputs, outputs)
        case "poisson", _:
            return _written(half_poisson_deviance, outputs)
        case "quantile", _:
            return _written(PinballLoss(quantile), outputs)
    named = {"absolute_error": MeanAbsoluteError(), "huber": Huber(delta)}
    found = named[loss] if isinstance(loss, str) and loss in named else losses.get(loss)
    if found.labels:
        raise ValueError(f"A loss of numbers is needed. Received: loss '{found.name}', whose targets are class indices")
    if found.engine_kind in ("mse", "mae", "huber"):
        return _fused(found.engine_kind, outputs, 1.0, 1.0, found.engine_scalars, activated=True)
    rows = copy.copy(found)
    rows.reduction = "sum_over_batch_size"  # the engine's mean is over the weights, whatever the loss is reduced to
    return _written(RowsOf(rows), outputs)


def half_poisson_deviance(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return the sum over the outputs of y log(y / p) - y + p, whose first term is 0 for y = 0."""
    logs = ops.log(ops.where(y_true > 0, y_true, 1.0)) - ops.log(y_pred)
    total: Tensor = ops.sum(ops.where(y_true > 0, y_true * logs, 0.0) - y_true + y_pred, axis=-1)
    return total


@dataclass(frozen=True, slots=True)
class PinballLoss:
    """The mean over the outputs of q e for errors e = y - p of at least 0, of (q - 1) e for others.

    R. Koenker and G. Bassett, Regression Quantiles, Econometrica 46 (1978).
    """

    quantile: float

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        error = y_true - y_pred
        mean: Tensor = ops.mean(ops.maximum(self.quantile * error, (self.quantile - 1) * error), axis=-1)
        return mean


@dataclass(frozen=True, slots=True, eq=False)
class RowsOf:
    """The loss of each row, as a loss of fastmlp has it before its reduction.

    It equals that of another loss of the same class and settings: networks keep the plans of equal objectives.
    """

    loss: Loss

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RowsOf) or type(self.loss) is not type(other.loss):
            return False
        mine, its = vars(self.loss), vars(other.loss)
        return mine.keys() == its.keys() and all(_is_same(value, its[name]) for name, value in mine.items())

    def __hash__(self) -> int:
        return hash(type(self.loss))

    def __call__(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        value = loss_value(self.loss, y_true, y_pred, None)
        if not value.batched:
            raise ValueError(f"A loss must return a number for each row. Received: loss '{self.loss.name}'")
        return value


def _is_same(a: object, b: object) -> bool:
    return a is b or (isinstance(a, str | float | int | dict) and a == b)


def _fused(
    kind: str, target: int, weight: float, scale: float, scalars: tuple[float, ...] = (), *, activated: bool = False
) -> Objective:
    return Objective(LossSpec(kind, 0, 0, weight, scalars, per="weight"), scale, (target,), activated)


def _written(formula: Formula, outputs: int) -> Objective:
    return Objective(LossSpec("value", 0, 0, per="weight"), 1.0, (outputs,), True, formula)
