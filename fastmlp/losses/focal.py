"""Cross-entropies with a focus: on what is predicted badly, or rather on what is predicted well."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import ops
from fastmlp._rows import takes_arrays
from fastmlp._targets import check_labels, check_probabilities, check_shares
from fastmlp.losses.crossentropies import (
    SmoothedCrossentropy,
    check_classes,
    of_bits,
    one_label,
    probabilities,
    smoothed,
    smoothed_bits,
)
from fastmlp.losses.loss import Loss, registry, same_rank


@takes_arrays
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Return the mean along an axis of the binary cross-entropy times focus; see `BinaryFocalCrossentropy`."""
    y_true, y_pred = same_rank(y_true, y_pred)
    y_true = smoothed_bits(y_true, label_smoothing)
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    of_true_class = y_true * p + (1 - y_true) * (1 - p)
    losses = ops.power(1 - of_true_class, gamma) * of_bits(y_true, p, from_logits=False)
    if apply_class_balancing:
        losses = (y_true * alpha + (1 - y_true) * (1 - alpha)) * losses
    return ops.mean(losses, axis=axis)


@takes_arrays
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Return the sum along an axis of the cross-entropy times focus; see `CategoricalFocalCrossentropy`."""
    check_classes("categorical_focal_crossentropy", y_true, y_pred)
    p = probabilities(ops.softmax(y_pred, axis=axis) if from_logits else y_pred, axis)
    losses = -smoothed(y_true, label_smoothing) * ops.log(p) * ops.power(1 - p, gamma)
    weights = alpha if np.ndim(alpha) == 0 else np.asarray(alpha, y_pred.dtype)
    return ops.sum(losses * weights, axis=axis)


@takes_arrays
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """Return (1 - p^q) / q, where p is the probability predicted for the true class."""
    labels = one_label(y_true, y_pred, -1)
    p = ops.sum(y_pred * ops.one_hot(labels, y_pred.shape[-1]), axis=-1)
    return (1 - ops.power(p, q)) / q


@registry.add()
class BinaryFocalCrossentropy(SmoothedCrossentropy):
    """The binary cross-entropy times (1 - p)^gamma, where p is what is predicted for the true class.

    Parameters
    ----------
    apply_class_balancing : bool
        Whether losses are weighted: those of class 1 with `alpha`, those of class 0 with 1 - `alpha`.
    alpha : float
        The weight of class 1.
    gamma : float
        How much less counts what is predicted well.
    from_logits, label_smoothing, axis
        See `BinaryCrossentropy`.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár, Focal Loss for Dense Object Detection, ICCV 2017.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return binary_focal_crossentropy(
            y_true,
            y_pred,
            self.apply_class_balancing,
            self.alpha,
            self.gamma,
            self.from_logits,
            self.label_smoothing,
            self.axis,
        )

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target is not between 0 and 1."""
        check_probabilities(targets)


@registry.add()
class CategoricalFocalCrossentropy(SmoothedCrossentropy):
    """The categorical cross-entropy whose terms are weighted with alpha (1 - p)^gamma.

    Parameters
    ----------
    alpha : float or sequence of float
        The weight of all classes, or of each class.
    gamma : float
        How much less counts what is predicted well.
    from_logits, label_smoothing, axis
        See `CategoricalCrossentropy`.
    reduction, name, dtype
        See `Loss`.
    """

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.alpha = alpha
        self.gamma = gamma

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return categorical_focal_crossentropy(
            y_true, y_pred, self.alpha, self.gamma, self.from_logits, self.label_smoothing, self.axis
        )

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target is negative or not finite."""
        check_shares(targets)


@registry.add()
class CategoricalGeneralizedCrossEntropy(Loss):
    """(1 - p^q) / q, where p is what is predicted for the true class: wrong labels do less harm.

    Parameters
    ----------
    q : float
        Between 0, where it becomes the cross-entropy, and 1, where it becomes the absolute error.
    reduction, name, dtype
        See `Loss`.

    References
    ----------
    Z. Zhang, M. Sabuncu, Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels,
    NeurIPS 2018.
    """

    labels = True

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        if not 0 < q < 1:
            raise ValueError(f"`q` must be between 0 and 1, both excluded. Received: q={q!r}")
        self.q = q

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return categorical_generalized_cross_entropy(y_true, y_pred, self.q)

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target is not the index of a class."""
        check_labels(targets, columns)
