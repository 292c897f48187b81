"""Weights of classes, as factors of the weights of rows."""

from typing import Any

from numpy.typing import NDArray
from sklearn.utils.class_weight import compute_sample_weight

Array = NDArray[Any]


def weighted_by_class(sample_weight: Array | None, class_weight: Any, y: Array, dtype: Any) -> Array | None:
    """Return the weights of rows, times those of their classes.

    Parameters
    ----------
    sample_weight : numpy.ndarray, shape (n_samples,), or None
        Weights of the rows; None where all are 1.
    class_weight : dict, list of dict, "balanced" or None
        Weights by label; a list for several outputs, whose weights are multiplied. "balanced" divides the number of
        rows by the number of classes and by the rows of a class.
    y : numpy.ndarray, shape (n_samples,) or (n_samples, n_labels)
        Labels.
    dtype : numpy.dtype
        Of the weights returned.
    """
    if class_weight is None:
        return sample_weight
    of_classes: Array = compute_sample_weight(class_weight, y).astype(dtype)
    return of_classes if sample_weight is None else sample_weight * of_classes


def refuse_balanced(class_weight: Any) -> None:
    """Raise where "balanced" weights are asked of `partial_fit`, which never sees all rows."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        raise ValueError(
            "class_weight 'balanced' is not supported for partial_fit. In order to use 'balanced' weights, use"
            " compute_class_weight('balanced', classes=classes, y=y). In place of y you can use a large enough sample"
            " of the full training set target to properly estimate the class frequency distributions. Pass the"
            " resulting weights as the class_weight parameter."
        )
