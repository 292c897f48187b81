"""Vectors of length one."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def normalize(x: ArrayLike, axis: int = -1, order: float = 2) -> NDArray[Any]:
    """Return an array divided by the norm along an axis; where that is 0, the elements stay 0.

    Parameters
    ----------
    x : array-like
        Numbers.
    axis : int
        Along which the vectors lie.
    order : float
        Of the norm: 2 is Euclid's.
    """
    array = np.atleast_1d(np.asarray(x))
    norms = np.linalg.norm(array, order, axis, keepdims=True)
    return np.asarray(array / np.where(norms == 0, 1, norms))
