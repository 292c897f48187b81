"""Accuracies: how often a prediction is right."""

from typing import Any

import numpy as np

from fastmlp import ops
from fastmlp._rows import takes_arrays
from fastmlp.losses.crossentropies import one_label
from fastmlp.losses.loss import same_rank
from fastmlp.metrics._confusion import check_share
from fastmlp.metrics.means import RowMean
from fastmlp.metrics.metric import registry


@takes_arrays
def accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 where a prediction equals the target, else 0."""
    return ops.equal(*same_rank(y_true, y_pred))


@takes_arrays
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """Return 1 where a prediction is on the target's side of the threshold, else 0."""
    y_true, y_pred = same_rank(y_true, y_pred)
    return ops.equal(y_true, ops.greater(y_pred, threshold))


@takes_arrays
def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 for each row whose largest prediction is where its largest target is, else 0."""
    return ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))


@takes_arrays
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """Return 1 for each row whose largest prediction is that of the true class, else 0."""
    return ops.equal(one_label(y_true, y_pred, -1), ops.argmax(y_pred, axis=-1))


@takes_arrays
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Any:
    """Return 1 for each row where fewer than k predictions exceed that of the largest target, else 0."""
    return _among_largest(ops.argmax(y_true, axis=-1), y_pred, k)


@takes_arrays
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Any:
    """Return 1 for each row where fewer than k predictions exceed that of the true class, else 0.

    With `from_sorted_ids` a row of predictions lists classes instead, the likeliest first.
    """
    labels = one_label(y_true, y_pred, -1)
    if not from_sorted_ids:
        return _among_largest(labels, y_pred, k)
    first = ops.take(y_pred, np.arange(min(k, y_pred.shape[-1])), axis=-1)
    return ops.max(ops.equal(ops.expand_dims(labels, -1), first), axis=-1)


def _among_largest(labels: Any, y_pred: Any, k: int) -> Any:
    of_class = ops.sum(y_pred * ops.one_hot(labels, y_pred.shape[-1]), axis=-1, keepdims=True)
    return ops.less(ops.sum(ops.greater(y_pred, of_class), axis=-1), k)


@registry.add("acc")  # unless `get_for` knows better
class Accuracy(RowMean):
    """How often a prediction equals the target.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: str | None = None) -> None:
        super().__init__(accuracy, name, dtype)


@registry.add()
class BinaryAccuracy(RowMean):
    """How often a probability is on the target's side of the threshold; mean over the columns.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    threshold : float
        From 0 to 1; a prediction above it means 1.
    """

    engine_kind = "binary_accuracy"
    labels = False
    direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5) -> None:
        self.threshold = check_share("threshold", threshold)
        self.engine_scalars = (float(threshold),)
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


@registry.add()
class CategoricalAccuracy(RowMean):
    """How often the largest prediction is where the largest target is; targets are one-hot vectors.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    engine_kind = "categorical_accuracy"
    labels = False
    direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


@registry.add()
class SparseCategoricalAccuracy(RowMean):
    """How often the largest prediction is that of the true class; a target is the index of its class.

    Parameters
    ----------
    name, dtype
        See `Metric`.
    """

    engine_kind = "sparse_categorical_accuracy"
    labels = True
    direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


@registry.add()
class TopKCategoricalAccuracy(RowMean):
    """How often the true class is among the k largest predictions; targets are one-hot vectors.

    Parameters
    ----------
    k : int
        How many predictions count; equal ones count together.
    name, dtype
        See `Metric`.
    """

    direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


@registry.add()
class SparseTopKCategoricalAccuracy(RowMean):
    """How often the true class is among the k largest predictions; a target is the index of its class.

    Parameters
    ----------
    k : int
        How many predictions count; equal ones count together.
    name, dtype
        See `Metric`.
    from_sorted_ids : bool
        Whether a row of predictions lists classes, the likeliest first.
    """

    direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
        self.k = k
        self.from_sorted_ids = from_sorted_ids
