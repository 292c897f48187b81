"""Real data sets as scikit-learn's users have them: rows in a fixed random order, some kept back as new ones."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from sklearn.preprocessing import scale


@dataclass(frozen=True)
class Task:
    """What to learn from `x` (rows, features), raw, and `y`; `x_new` has further rows."""

    x: Any
    y: Any
    x_new: Any
    scaled: Any
    scaled_new: Any
    classifies: bool


def _bunch(load: Callable[..., Any]) -> tuple[Any, Any]:
    bunch = load()
    return bunch.data, bunch.target


def _iris_names() -> tuple[Any, Any]:
    iris = datasets.load_iris()
    return iris.data, iris.target_names[iris.target].astype(object)


def _wine_words() -> tuple[Any, Any]:
    wine = datasets.load_wine()
    return wine.data, np.array(["red", "white", "rosé"])[wine.target]


def _cancer_names() -> tuple[Any, Any]:
    cancer = datasets.load_breast_cancer()
    return cancer.data, cancer.target_names[cancer.target]


def _digits_bits() -> tuple[Any, Any]:
    x, y = datasets.load_digits(return_X_y=True)
    return x, np.stack([y >> bit & 1 for bit in range(4)], axis=1)


def _diabetes() -> tuple[Any, Any]:
    x, y = datasets.load_diabetes(return_X_y=True)
    return x, y / 100


def _linnerud() -> tuple[Any, Any]:
    linnerud = datasets.load_linnerud()
    return linnerud.data, linnerud.target / 50


def _diabetes_counts() -> tuple[Any, Any]:
    x, y = datasets.load_diabetes(return_X_y=True)
    return x, np.round(y / 50)


def _housing() -> tuple[Any, Any]:
    home = os.environ.get("SCIKIT_LEARN_DATA", str(Path.home() / "scikit_learn_data"))
    if not Path(home, "cal_housing_py3.pkz").is_file():
        pytest.skip("California housing is not in SCIKIT_LEARN_DATA")
    x, y = datasets.fetch_california_housing(data_home=home, return_X_y=True)
    return x, y


def _fashion() -> tuple[Any, Any]:
    from fastmlp.datasets import fashion_mnist

    home = Path(os.environ.get("FASTMLP_HOME", Path.home() / ".fastmlp"), "datasets", "fashion-mnist")
    if not home.is_dir():
        pytest.skip("Fashion-MNIST is not in FASTMLP_HOME")
    (x, y), _ = fashion_mnist.load_data()
    return x[:400, ::2, ::2].reshape(400, -1).astype(float), y[:400]


_LOAD: dict[str, tuple[Callable[[], tuple[Any, Any]], int]] = {
    "iris": (lambda: _bunch(datasets.load_iris), 120),
    "iris-names": (_iris_names, 120),
    "wine": (lambda: _bunch(datasets.load_wine), 140),
    "wine-words": (_wine_words, 140),
    "cancer": (lambda: _bunch(datasets.load_breast_cancer), 200),
    "cancer-names": (_cancer_names, 200),
    "digits": (lambda: _bunch(datasets.load_digits), 200),
    "digits-bits": (_digits_bits, 200),
    "fashion": (_fashion, 120),
    "diabetes": (_diabetes, 200),
    "diabetes-counts": (_diabetes_counts, 200),
    "linnerud": (_linnerud, 16),
    "housing": (_housing, 200),
}
REGRESSION = ["diabetes", "linnerud", "housing"]
IMAGES = ["digits", "digits-bits", "fashion"]  # their zeros stay zeros
COUNTS = ["diabetes-counts", "linnerud"]
CLASSIFICATION = [name for name in _LOAD if name not in (*REGRESSION, *COUNTS)]


@cache
def task(name: str) -> Task:
    """Return the task called `name`; skip the test where its data is missing."""
    load, rows = _LOAD[name]
    x, y = load()
    order = np.random.default_rng(0).permutation(len(x))
    x, y = np.asarray(x, float)[order], np.asarray(y)[order]
    standard = x / x.max() if name in IMAGES else scale(x)
    new = slice(rows, rows + 40)
    return Task(x[:rows], y[:rows], x[new], standard[:rows], standard[new], name in CLASSIFICATION)
