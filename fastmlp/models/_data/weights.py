"""Weights of rows: what samples and classes count in a loss."""

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._targets import first_wrong
from fastmlp.models._arguments import described
from fastmlp.models._data.arrays import as_rows
from fastmlp.models._objective.heads import Head

Array = NDArray[Any]


def sample_weights(
    values: Sequence[Any], targets: Sequence[Array], heads: Sequence[Head], dtype: str
) -> list[Array | None]:
    """Return the weights of the rows for each head.

    Parameters
    ----------
    values : sequence of array-like or None
        For each head, shape (samples,), or (samples, rows of a sample) where the targets are matrices; None where all
        weights are 1.
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
        weights.append(None if value is None else _sample_weights(value, len(target), head.target_shape[:-1], dtype))
    return weights


def class_weights(
    class_weight: Mapping[int, float], targets: Sequence[Array], heads: Sequence[Head], dtype: str
) -> Array:
    """Return the weights that the classes of its rows give to the only head of a model.

    The class of a target is the place of its largest element, or a single number, rounded.

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
    if len(head.target_shape) > 1:
        raise ValueError(f"`class_weight` is for outputs of one row a sample. Received: shape={head.shape}")
    single = target[0].size == 1
    classes = np.round(target.reshape(-1)) if single else target.argmax(axis=1)
    number = math.inf if single and not head.labels else max(head.shape[-1], 2)
    weights = np.ones(len(target), dtype)
    for index, weight in class_weight.items():
        possible = isinstance(index, Integral) and 0 <= index < number
        if not (possible and isinstance(weight, Real) and 0 <= weight < math.inf):
            expected = "classes" if number == math.inf else f"classes 0 to {number - 1}"
            raise ValueError(
                f"`class_weight` must give weights of at least 0 to {expected}. "
                f"Received: {weight!r} for class {index!r}"
            )
        weights[classes == index] = weight
    return weights


def _sample_weights(value: Any, samples: int, rows: tuple[int, ...], dtype: str) -> Array:
    """Return the weights of one head; `rows` is the shape of the rows of a sample."""
    array = as_rows(value, "sample_weight", dtype)
    each_row = math.prod(rows) > 1 and array.shape == (samples, *rows)
    if not each_row and array.shape not in ((samples,), (samples, 1)):
        expected = f"({samples},)" if math.prod(rows) == 1 else f"({samples},) or {(samples, *rows)}"
        raise ValueError(f"`sample_weight` must have shape {expected}. Received: shape={array.shape}")
    possible = np.isfinite(array) & (array >= 0)
    if not possible.all():
        raise ValueError(
            f"`sample_weight` must be finite numbers of at least 0. Received: {first_wrong(array, ~possible)}"
        )
    if each_row:
        return array.reshape(samples, -1)
    flat = array.reshape(samples)
    return flat if math.prod(rows) == 1 else np.repeat(flat[:, np.newaxis], math.prod(rows), axis=1)
