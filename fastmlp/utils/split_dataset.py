"""Parts of a data set."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import random
from fastmlp._structure import flatten, map_structure


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """Return two parts of a data set.

    Parameters
    ----------
    dataset : array-like, or list, tuple or dict of them
        All of the same number of samples.
    left_size, right_size : int or float
        Samples of the first and the second part: numbers of them, or shares between 0 and 1. One that is not given is
        what is left.
    shuffle : bool
        Whether the samples are drawn; else the first ones make the first part.
    seed : int, optional
        Of the draw.

    Returns
    -------
    tuple of two
        Of the structure of `dataset`, with arrays.
    """
    arrays = map_structure(np.asarray, dataset)
    lengths = {len(array) for array in flatten(arrays)}
    if len(lengths) != 1:
        raise ValueError(f"`dataset` must be arrays of the same number of samples. Received: {sorted(lengths)}")
    (rows,) = lengths
    left, right = _sizes(rows, left_size, right_size)
    order = random.permutation(rows, None if seed is None else random.check_seed(seed)) if shuffle else np.arange(rows)

    def taken(places: NDArray[Any]) -> Callable[[Any], Any]:
        return lambda array: array[places]

    return map_structure(taken(order[:left]), arrays), map_structure(taken(order[rows - right :]), arrays)


def _sizes(rows: int, left_size: float | None, right_size: float | None) -> tuple[int, int]:
    left, right = (_number("left_size", left_size, rows), _number("right_size", right_size, rows))
    if left is None and right is None:
        raise ValueError("Expected `left_size` or `right_size`. Received: neither")
    left = rows - (right or 0) if left is None else left
    right = rows - left if right is None else right
    if left + right > rows:
        raise ValueError(
            f"The parts must have {rows} samples together, as there are no more. Received: {left} and {right}"
        )
    return left, right


def _number(argument: str, size: float | None, rows: int) -> int | None:
    if size is None:
        return None
    if isinstance(size, int) and not isinstance(size, bool) and 0 < size < rows:
        return size
    if isinstance(size, float) and 0 < size < 1:
        return round(size * rows)
    raise ValueError(
        f"`{argument}` must be a share between 0 and 1 or an integer between 0 and {rows}, the number of samples. "
        f"Received: {argument}={size!r}"
    )
