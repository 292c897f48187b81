"""Cross-entropies: how surprised a prediction is by the true class."""

from typing import Any

from numpy.typing import NDArray

from fastmlp import config, ops
from fastmlp._rows import takes_arrays
from fastmlp._targets import check_labels, check_probabilities, check_shares
from fastmlp.losses.loss import MEANS, Loss, registry, same_rank


@takes_arrays
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Return the mean along an axis of -(t log p + (1 - t) log(1 - p)); see `BinaryCrossentropy`."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return ops.mean(of_bits(smoothed_bits(y_true, label_smoothing), y_pred, from_logits), axis=axis)


@takes_arrays
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Return -sum along an axis of t log p; see `CategoricalCrossentropy`."""
    check_classes("categorical_crossentropy", y_true, y_pred)
    return of_classes(smoothed(y_true, label_smoothing), y_pred, from_logits, axis)


@takes_arrays
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """Return -log of the probability predicted for the true class; 0 where that is `ignore_class`."""
    labels = one_label(y_true, y_pred, axis)
    if ignore_class is None:
        return of_classes(ops.one_hot(labels, y_pred.shape[axis], axis=axis), y_pred, from_logits, axis)
    counts = ops.not_equal(labels, ignore_class)
    one_hot = ops.one_hot(ops.where(counts, labels, 0), y_pred.shape[axis], axis=axis)
    return ops.where(counts, of_classes(one_hot, y_pred, from_logits, axis), 0)


def check_classes(name: str, y_true: Any, y_pred: Any) -> None:
    """Raise a ValueError if there isn't one target for each class."""
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"{name} expects a target for each class, shape {y_pred.shape}; class indices are for "
            f"sparse_categorical_crossentropy. Received: y_true of shape {y_true.shape}"
        )


def one_label(y_true: Any, y_pred: Any, axis: int) -> Any:
    """Return class indices without the axis of the classes, or raise a ValueError if they can't be class indices."""
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    if len(y_true.shape) != len(y_pred.shape) - 1:
        raise ValueError(
            f"sparse_categorical_crossentropy expects the index of one class for each row of y_pred, {y_pred.shape}; "
            f"targets for each class are for categorical_crossentropy. Received: y_true of shape {y_true.shape}"
        )
    return y_true


def smoothed(y_true: Any, amount: float) -> Any:
    """Return targets of classes that are drawn towards the uniform distribution."""
    return y_true * (1 - amount) + amount / y_true.shape[-1] if amount else y_true


def smoothed_bits(y_true: Any, amount: float) -> Any:
    """Return targets of yes-or-no questions that are drawn towards 1/2."""
    return y_true * (1 - amount) + amount / 2 if amount else y_true


def probabilities(y_pred: Any, axis: int) -> Any:
    """Return predictions whose sum along an axis is 1, none of them nearly 0 or 1."""
    return ops.clip(y_pred / ops.sum(y_pred, axis=axis, keepdims=True), config.epsilon(), 1 - config.epsilon())


def of_bits(y_true: Any, y_pred: Any, from_logits: bool) -> Any:
    """Return -(t log p + (1 - t) log(1 - p)) of each element."""
    if from_logits:
        return ops.softplus(y_pred) - y_true * y_pred
    p = ops.clip(y_pred, config.epsilon(), 1 - config.epsilon())
    return -(y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p))


def of_classes(y_true: Any, y_pred: Any, from_logits: bool, axis: int) -> Any:
    """Return -sum along an axis of t log p."""
    logs = ops.log_softmax(y_pred, axis=axis) if from_logits else ops.log(probabilities(y_pred, axis))
    return -ops.sum(y_true * logs, axis=axis)


class Crossentropy(Loss):
    """What the cross-entropies share: they read probabilities or logits."""

    def __init__(
        self, from_logits: bool, axis: int, reduction: str | None, name: str | None, dtype: str | None
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = bool(from_logits)
        self.axis = axis
        if self.engine_kind is not None:  # the engine's work along the last axis
            self.engine_kind = self.engine_kind + ("_logits" if from_logits else "") if axis == -1 else None


class SmoothedCrossentropy(Crossentropy):
    """A cross-entropy whose targets can be drawn towards the uniform distribution."""

    labels = False

    def __init__(
        self,
        from_logits: bool,
        label_smoothing: float,
        axis: int,
        reduction: str | None,
        name: str | None,
        dtype: str | None,
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"`label_smoothing` must be between 0 and 1. Received: {label_smoothing!r}")
        self.label_smoothing = float(label_smoothing)

    @property
    def engine_scalars(self) -> tuple[float, ...]:
        """How far targets are moved."""
        return (self.label_smoothing,)


@registry.add("bce", "BCE")
class BinaryCrossentropy(SmoothedCrossentropy):
    """-(t log p + (1 - t) log(1 - p)), mean over the columns; each column is a yes-or-no question of its own.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits, whose sigmoid is p; else they are p.
    label_smoothing : float
        Moves targets towards 1/2: t (1 - s) + s / 2.
    axis : int
        Along which the mean is taken.
    reduction, name, dtype
        See `Loss`.
    """

    engine_kind = "binary_crossentropy"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target is not between 0 and 1."""
        check_probabilities(targets)


@registry.add("crossentropy", "ce")  # unless `get_for` knows better
class CategoricalCrossentropy(SmoothedCrossentropy):
    """-sum over the classes of t log p; targets are distributions over the classes, such as one-hot vectors.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits, whose softmax is p; else they are p, once divided by their sum.
    label_smoothing : float
        Moves targets towards the uniform distribution: t (1 - s) + s / classes.
    axis : int
        The axis of the classes.
    reduction, name, dtype
        See `Loss`.
    """

    engine_kind = "categorical_crossentropy"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        return categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target is negative or not finite."""
        check_shares(targets)


@registry.add()
class SparseCategoricalCrossentropy(Crossentropy):
    """-log of the probability predicted for the true class; a target is the index of its class.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits, whose softmax is p; else they are p, once divided by their sum.
    ignore_class : int, optional
        Targets of this class, which may lie outside the others' range, do not count.
    reduction : str
        See `Loss`.
    axis : int
        The axis of the classes.
    name, dtype
        See `Loss`.
    """

    engine_kind: str | None = "sparse_categorical_crossentropy"
    labels = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, axis, reduction, name, dtype)
        self.ignore_class = ignore_class
        if ignore_class is not None:
            self.engine_kind = None

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each row."""
        losses = sparse_categorical_crossentropy(y_true, y_pred, self.from_logits, self.ignore_class, self.axis)
        if self.ignore_class is None or self.reduction not in MEANS:
            return losses
        # A mean is over the rows that count: the others' share is made up for.
        counts = ops.not_equal(one_label(y_true, y_pred, self.axis), self.ignore_class)
        return losses / ops.maximum(ops.mean(counts), config.epsilon())

    def check(self, targets: NDArray[Any], columns: int) -> None:
        """Raise a ValueError if a target is not the index of a class."""
        counting = targets if self.ignore_class is None else targets[targets != self.ignore_class]
        if counting.size:
            check_labels(counting, columns)
