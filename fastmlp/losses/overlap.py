"""Losses of overlap: how much predicted and true sets differ, over the whole batch unless an axis is given."""

from collections.abc import Sequence
from typing import Any

from fastmlp import config, ops
from fastmlp._rows import takes_arrays
from fastmlp.losses.loss import Loss, registry

Axis = int | Sequence[int] | None


@takes_arrays
def dice(y_true: Any, y_pred: Any, axis: Axis = None) -> Any:
    """Return 1 - 2 sum(t p) / (sum(t) + sum(p)); see `Dice`."""
    both = ops.sum(y_true * y_pred, axis=axis)
    return 1 - 2 * both / (ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + config.epsilon())


@takes_arrays
def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Axis = None) -> Any:
    """Return 1 - both / (both + alpha missed + beta wrong); see `Tversky`."""
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true * (1 - y_pred), axis=axis)
    wrong = ops.sum((1 - y_true) * y_pred, axis=axis)
    return 1 - both / (both + alpha * missed + beta * wrong + config.epsilon())


@registry.add()
class Dice(Loss):
    """1 - 2 sum(t p) / (sum(t) + sum(p)): 0 where predictions are the targets, 1 where they have nothing in common.

    Parameters
    ----------
    reduction, name
        See `Loss`.
    axis : int or sequence of int, optional
        Over which is summed; by default over all, the batch included, which makes one number of a batch.
    dtype
        See `Loss`.

    References
    ----------
    F. Milletari, N. Navab, S.-A. Ahmadi, V-Net: Fully Convolutional Neural Networks for Volumetric Medical Image
    Segmentation, 3DV 2016.
    """

    labels = False

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Axis = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of the batch, or of each row."""
        return dice(y_true, y_pred, self.axis)


@registry.add()
class Tversky(Loss):
    """1 - both / (both + alpha missed + beta wrong), of the sums of t p, t (1 - p) and (1 - t) p.

    Parameters
    ----------
    alpha : float
        The weight of what should have been predicted.
    beta : float
        The weight of what should not have been.
    reduction, name, axis, dtype
        See `Dice`, which it is for alpha = beta = 0.5.

    References
    ----------
    S. S. M. Salehi, D. Erdogmus, A. Gholipour, Tversky Loss Function for Image Segmentation Using 3D Fully
    Convolutional Deep Networks, MLMI 2017.
    """

    labels = False

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Axis = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha = alpha
        self.beta = beta
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of the batch, or of each row."""
        return tversky(y_true, y_pred, self.alpha, self.beta, self.axis)
