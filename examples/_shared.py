"""What several examples need: the number of epochs from the command line, and the California housing data."""

import argparse
import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import fetch_california_housing
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def epochs(default: int) -> int:
    """Return what was given as `--epochs`; a script's own docstring is its help."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--epochs", type=int, default=default, help=f"passes over the training data ({default})")
    return int(parser.parse_args().epochs)


class Part(NamedTuple):
    """Scaled features, shape (n, 8), and median house prices in 100,000 dollars, shape (n,)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


def housing() -> tuple[Part, Part, Part]:
    """Return the parts of the housing data for training, validation and test."""
    data = fetch_california_housing()
    x_full, x_test, y_full, y_test = train_test_split(data.data, data.target, random_state=42)
    x_train, x_valid, y_train, y_valid = train_test_split(x_full, y_full, random_state=42)
    scaler = StandardScaler().fit(x_train)
    return tuple(  # type: ignore[return-value]  # three of them
        Part(scaler.transform(x), y) for x, y in ((x_train, y_train), (x_valid, y_valid), (x_test, y_test))
    )
