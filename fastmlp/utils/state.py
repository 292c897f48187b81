"""What is global to a process: the random state and the count of names."""

import random as python_random

import numpy as np

from fastmlp import _names, random


def set_random_seed(seed: int) -> None:
    """Make everything that is drawn at random repeatable: fastmlp's own draws, NumPy's global ones and Python's.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"`seed` must be an integer from 0 to 2**32 - 1. Received: seed={seed!r}")
    random.set_seed(int(seed))
    np.random.seed(int(seed))  # noqa: NPY002 (users draw from NumPy's global state)
    python_random.seed(int(seed))


def clear_session() -> None:
    """Let the names of layers and models count from the beginning again: the next Dense is `dense`."""
    _names.reset()
