"""Weights of rows: what samples and classes count in a loss."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._targets import first_wrong
from fastmlp.models._arguments import described
from fastmlp.models._arrays import as_rows
from fastmlp.models._heads import Head

Array = NDArray[Any]


def weights_for(
    heads: Sequence[Head],
    targets: Sequence[Array],
    sample_weights: Sequence[Any],
    class_weight: Mapping[int, float] | None,
    dtype: str,
) -> list[Array | None]:
    """Return the weights of the rows for each head: those of the samples times those of their classes.

    Parameters
    ----------
    heads : sequence of Head
        What is weighted.
    targets : sequence of numpy.ndarray
        For each head, shape (samples, ...).
    sample_weights : sequence of array-like or None
        For each head, shape (samples,).
    class_weight : dict, optional
        Weights of classes from their indices, for a model with one head; 1 for those left out.
    dtype : str
        Of the weights, if they have to be converted.

    Returns
    -------
    list of numpy.ndarray or None
        Shape (samples,), or (samples, rows of a sample) where the targets are matrices; None where all weights are 1.
    """
    if class_weight is not None and len(heads) != 1:
        raise ValueError(f"`class_weight` is for models with one output. Received: {[head.name for head in heads]}")
    weights: list[Array | None] = []
    for head, target, given in zip(heads, targets, sample_weights, strict=True):
        row = None if given is None else _sample_weights(given, len(target), dtype)
        if class_weight is not None:
            of_class = _class_weights(class_weight, target, head, dtype)
            row = of_class if row is None else row * of_class
        rows_of_sample = math.prod(head.target_shape[:-1])
        if row is not None and rows_of_sample > 1:
            row = np.repeat(row[:, np.newaxis], rows_of_sample, axis=1)
        weights.append(row)
    return weights


def _sample_weights(value: Any, rows: int, dtype: str) -> Array:
    array = as_rows(value, "sample_weight", dtype)
    if array.shape not in ((rows,), (rows, 1)):
        raise ValueError(f"`sample_weight` must have shape ({rows},). Received: shape={array.shape}")
    possible = np.isfinite(array) & (array >= 0)
    if not possible.all():
        raise ValueError(
            f"`sample_weight` must be finite numbers of at least 0. Received: {first_wrong(array, ~possible)}"
        )
    return array.reshape(rows)


def _class_weights(class_weight: Mapping[int, float], target: Array, head: Head, dtype: str) -> Array:
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"`class_weight` must be a dict from classes to weights. Received: {described(class_weight)}")
    if len(head.shape) != 1:
        raise ValueError(f"`class_weight` is for outputs of one row a sample. Received: shape={head.shape}")
    columns = head.shape[0]
    indexed = head.labels or columns == 1
    classes = target.reshape(-1) if indexed else target.argmax(axis=1)
    number = columns if head.labels else max(columns, 2)
    weights = np.ones(len(target), dtype)
    for index, weight in class_weight.items():
        if index not in range(number) or not 0 <= weight < math.inf:
            raise ValueError(
                f"`class_weight` must give weights of at least 0 to classes 0 to {number - 1}. Received: {class_weight}"
            )
        weights[classes == index] = weight
    return weights
