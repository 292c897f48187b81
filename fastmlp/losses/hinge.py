"""Hinge losses: what is on the right side by a margin of 1 costs nothing."""

from typing import Any

from fastmlp import ops
from fastmlp._rows import takes_arrays
from fastmlp.losses.loss import NamedLoss, registry, same_rank


@takes_arrays
def hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean over the last axis of max(1 - y_true y_pred, 0); targets are -1 or 1, or 0 or 1."""
    return ops.mean(_shortfall(y_true, y_pred), axis=-1)


@takes_arrays
def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return the mean over the last axis of max(1 - y_true y_pred, 0)²; targets are -1 or 1, or 0 or 1."""
    return ops.mean(ops.square(_shortfall(y_true, y_pred)), axis=-1)


@takes_arrays
def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """Return how much less than 1 the true class is ahead of the others; targets are one-hot vectors."""
    true = ops.sum(y_true * y_pred, axis=-1)
    others = ops.max((1 - y_true) * y_pred, axis=-1)
    return ops.maximum(others - true + 1, 0)


def _shortfall(y_true: Any, y_pred: Any) -> Any:
    y_true, y_pred = same_rank(y_true, y_pred)
    sides = y_true - ops.equal(y_true, 0)  # 0 means -1
    return ops.maximum(1 - sides * y_pred, 0)


@registry.add()
class Hinge(NamedLoss):
    """Mean over the columns of max(1 - y_true y_pred, 0); targets are -1 or 1, or 0 or 1."""

    default_name = "hinge"
    function = hinge


@registry.add()
class SquaredHinge(NamedLoss):
    """Mean over the columns of max(1 - y_true y_pred, 0)²; targets are -1 or 1, or 0 or 1."""

    default_name = "squared_hinge"
    function = squared_hinge


@registry.add()
class CategoricalHinge(NamedLoss):
    """max(1 + the largest prediction of another class - that of the true class, 0); targets are one-hot vectors."""

    default_name = "categorical_hinge"
    function = categorical_hinge
