"""What Perceptron is given: bad parameters, arrays of all kinds, matrices that lie; scikit-learn's words for them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from estimators.test_perceptron import IRIS, TWO, assert_same, outcome
from sklearn.linear_model import Perceptron as Theirs

from fastmlp import Perceptron

pytestmark = pytest.mark.filterwarnings("ignore")  # of all kinds, from both

X, Y = IRIS


def unaligned() -> np.ndarray:
    array = np.frombuffer(bytearray(X.nbytes + 1), dtype=float, offset=1, count=X.size).reshape(X.shape)
    array[:] = X
    return array


def read_only() -> np.ndarray:
    array = X.copy()
    array.flags.writeable = False
    return array


def spoilt(value: float) -> np.ndarray:
    array = X.copy()
    array[3, 1] = value
    return array


def with_indices(indices: str, starts: str) -> sp.csr_matrix:
    matrix = sp.csr_matrix(X)
    matrix.indices, matrix.indptr = matrix.indices.astype(indices), matrix.indptr.astype(starts)
    return matrix


def twice() -> sp.csr_matrix:
    """Every element is there twice."""
    matrix = sp.csr_matrix(X)
    return sp.csr_matrix((matrix.data.repeat(2), matrix.indices.repeat(2), matrix.indptr * 2), matrix.shape)


def unsorted() -> sp.csr_matrix:
    matrix = sp.csr_matrix(X[:, ::-1])
    return sp.csr_matrix((matrix.data, 3 - matrix.indices, matrix.indptr), matrix.shape)


