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
    seed = random.check_seed(seed)
    random.set_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (users draw from NumPy's global state)
    python_random.seed(seed)


def clear_session() -> None:
    """Let the names of layers and models count from the beginning again: the next Dense is `dense`."""
    _names.reset()
