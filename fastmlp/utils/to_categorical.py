"""to_categorical: labels as one-hot rows."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def to_categorical(x: ArrayLike, num_classes: int | None = None, dtype: str = "float32") -> NDArray[Any]:
    """Return the one-hot rows of class labels.

    Parameters
    ----------
    x : array of int
        Labels from 0 to num_classes - 1, of any shape; a last axis of size 1 is dropped.
    num_classes : int, optional
        The largest label plus one by default.
    dtype : str
        Dtype of the result.

    Returns
    -------
    numpy.ndarray
        Shape (..., num_classes), 1 at the label and 0 elsewhere.
    """
    labels = np.asarray(x)
    if labels.dtype.kind not in "iuf" or labels.size == 0 or not (labels == np.floor(labels)).all():
        raise ValueError(
            f"`x` must be a non-empty array of whole numbers. Received: {labels.dtype} of shape {labels.shape}"
        )
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    labels = labels.astype(np.int64)
    if num_classes is None:
        num_classes = max(int(labels.max()) + 1, 1)
    if not isinstance(num_classes, int | np.integer) or num_classes < 1:
        raise ValueError(f"`num_classes` must be a positive integer. Received: num_classes={num_classes!r}")
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"Labels must be from 0 to {num_classes - 1}. Received labels from {labels.min()} to {labels.max()}"
        )
    rows = np.zeros((labels.size, num_classes), dtype)
    rows[np.arange(labels.size), labels.ravel()] = 1
    return rows.reshape(*labels.shape, num_classes)
