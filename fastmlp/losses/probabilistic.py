"""Losses of predicted distributions and rates."""

from typing import Any

from fastmlp import config, ops
from fastmlp._rows import takes_arrays
from fastmlp.losses.loss import NamedLoss, registry, same_rank


@takes_arrays
def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Return the sum over the last axis of y_true log(y_true / y_pred), both between 1e-7 and 1."""
    true, predicted = (ops.clip(y, config.epsilon(), 1) for y in (y_true, y_pred))
    return ops.sum(true * ops.log(true / predicted), axis=-1)


@takes_arrays
def poisson(y_true: Any, y_pred: Any) -> Any:
    """Return the mean over the last axis of y_pred - y_true log(y_pred)."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


@registry.add("kld", "KLD", "kullback_leibler_divergence")
class KLDivergence(NamedLoss):
    """Sum over the classes of y_true log(y_true / y_pred), of probabilities."""

    default_name = "kl_divergence"
    function = kl_divergence


@registry.add()
class Poisson(NamedLoss):
    """Mean over the columns of y_pred - y_true log(y_pred): predictions are expected counts."""

    default_name = "poisson"
    function = poisson
