"""Weights of rows: what samples and classes count in a loss."""

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._targets import first_wrong
from fastmlp.models._arguments import described
from fastmlp.models._arrays import as_rows
from fastmlp.models._heads import Head

Array = NDArray[Any]


def sample_weights(
    values: Sequence[Any], targets: Sequence[Array], heads: Sequence[Head], dtype: str
) -> list[Array | None]:
    """Return the weights of the rows for each head.

    Parameters
    ----------
    values : sequence of array-like or None
        For each head, shape (samples,); None where all weights are 1.
    targets : sequence of numpy.ndarray
        For each head, shape (samples, ...).
    heads : sequence of Head
        What is weighted.
    dtype : str
        Of the weights, if they have to be converted.

    Returns
    -------
    list of numpy.ndarray or None
        Shape (samples,), or (samples, rows of a sample) where the targets are matrices.
    """
    weights: list[Array | None] = []
    for value, target, head in zip(values, targets, heads, strict=True):
        row = None if value is None else _sample_weights(value, len(target), dtype)
        rows_of_sample = math.prod(head.target_shape[:-1])
        if row is not None and rows_of_sample > 1:
            row = np.repeat(row[:, np.newaxis], rows_of_sample, axis=1)
        weights.append(row)
    return weights


def class_weights(
    class_weight: Mapping[int, float], targets: Sequence[Array], heads: Sequence[Head], dtype: str
) -> Array:
    """Return the weights that the classes of its rows give to the only head of a model.

    Parameters
    ----------
    class_weight : dict
        Weights of classes from their indices; 1 for those left out.
    targets, heads, dtype
        As for `sample_weights`.

    Returns
    -------
    numpy.ndarray, shape (samples,)
        New.
    """
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"`class_weight` must be a dict from classes to weights. Received: {described(class_weight)}")
    if len(heads) != 1:
        raise ValueError(f"`class_weight` is for models with one output. Received: {[head.name for head in heads]}")
    target, head = targets[0], heads[0]
    if len(head.shape) != 1:
        raise ValueError(f"`class_weight` is for outputs of one row a sample. Received: shape={head.shape}")
    columns = head.shape[0]
    indexed = head.labels or columns == 1
    classes = target.reshape(-1) if indexed else target.argmax(axis=1)
    number = columns if head.labels else max(columns, 2)
    weights = np.ones(len(target), dtype)
    for index, weight in class_weight.items():
        if index not in range(number) or not (isinstance(weight, Real) and 0 <= weight < math.inf):
            raise ValueError(
                f"`class_weight` must give weights of at least 0 to classes 0 to {number - 1}. "
                f"Received: {weight!r} for class {index!r}"
            )
        weights[classes == index] = weight
    if head.loss is None or "crossentropy" not in head.loss.kind:
        raise ValueError(
            "`class_weight` must come with a sparse, categorical or binary crossentropy; with others, use "
            f"`sample_weight`. Received: loss={None if head.loss is None else head.loss.name}"
        )
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
