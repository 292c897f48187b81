"""Losses and metrics written in `fastmlp.ops`, as values of the graph: traced on targets and outputs."""

import math
from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.losses import Loss
from fastmlp.metrics import Metric

Shape = tuple[int, ...]


def target_leaf(number: int, shape: Shape, dtype: str) -> Tensor:
    """Return the tensor that stands for a target of the plan; `shape` is that of one sample."""
    return Tensor((None, *shape), dtype, "target", scalars=(float(number),))


def target_shape(given: Shape, output: Shape) -> Shape:
    """Return the shape in which the targets of a sample are compared with an output's, where axes of size 1 differ."""
    if len(given) == len(output) - 1 and output[-1:] == (1,):
        return (*given, 1)
    if len(given) == len(output) + 1 and given[-1:] == (1,):
        return given[:-1]
    return given


def loss_value(loss: Loss, y_true: Tensor, y_pred: Tensor, weights: Tensor | None) -> Tensor:
    """Return the loss of each sample, or the one number of a batch that it is reduced to.

    Parameters
    ----------
    loss : Loss
        Its `call` is given the tensors.
    y_true, y_pred : Tensor
        Targets and output.
    weights : Tensor or None
        Of the rows; None where all are 1.

    Raises
    ------
    ValueError
        If what `call` returns is no tensor, or `call` cannot be traced.
    """
    try:
        values = loss.call(y_true, y_pred)
    except TypeError as error:
        raise ValueError(
            f"Loss '{loss.name}' must be written with fastmlp.ops, whose results the engine differentiates. "
            f"Received: {error}"
        ) from error
    if not isinstance(values, Tensor):
        raise ValueError(f"Loss '{loss.name}' must return a Tensor. Received: {values!r}")
    if weights is not None:
        values = ops.multiply(values, _of_rank(weights, values))
    match loss.reduction:
        case "sum_over_batch_size" | "mean":
            return sample_means(values)
        case "sum":
            return _total(values)
        case "mean_with_sample_weight":
            return sample_means(values) if weights is None else _total(values) / _total(weights)
        case reduction:
            raise ValueError(
                f"Training needs a loss whose reduction is a number: 'sum_over_batch_size', 'sum' or "
                f"'mean_with_sample_weight'. Received: loss '{loss.name}' with reduction={reduction!r}"
            )


def metric_value(metric: Metric, y_true: Tensor, y_pred: Tensor) -> Tensor | None:
    """Return the metric of each sample as a tensor, or None where it is not a mean over samples written in ops."""
    function: Any = getattr(metric, "call", None)
    if function is None:
        return None
    try:
        values = function(y_true, y_pred)
    except Exception:  # whatever NumPy, or any other code that needs numbers, makes of a tensor: it runs in Python then
        return None
    return sample_means(values) if isinstance(values, Tensor) and values.batched else None


def sample_means(values: Tensor) -> Tensor:
    """Return the mean over all axes but the batch's; numbers without a batch as they are."""
    if not values.batched or not values.sample_shape:
        return values
    size = math.prod(values.sample_shape)
    row = Tensor((None, size), values.dtype, "reshape", (values,))
    return row if size == 1 else ops.mean(row, axis=-1)


def _total(values: Tensor) -> Tensor:
    total: Tensor = ops.sum(values)
    return total


def _of_rank(weights: Tensor, values: Tensor) -> Tensor:
    """Return weights with axes of size 1 behind, or without one, so that they go with values."""
    missing = len(values.shape) - len(weights.shape) if values.batched else 0
    shape = (*weights.shape, *(1,) * missing) if missing > 0 else weights.shape[: len(values.shape)]
    return weights if shape == weights.shape else Tensor(shape, weights.dtype, "reshape", (weights,))
