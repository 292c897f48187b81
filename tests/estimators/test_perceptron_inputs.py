"""What Perceptron is given: bad parameters, arrays of all kinds, matrices that lie; scikit-learn's words for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from estimators.test_perceptron import IRIS, TWO, assert_same
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import Perceptron as Theirs
from sklearn.neural_network import MLPClassifier as TheirMLPClassifier

from fastmlp import MLPClassifier, Perceptron, _engine

pytestmark = pytest.mark.filterwarnings("ignore")  # of all kinds, from both

X, Y = IRIS
ENGINE_NUMBERS = (
    "rate", "intercept_rate", "alpha", "l1_ratio", "tolerance", "intercept", "square_norm", "absolute_norm",
)  # fmt: skip


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


def with_empty_rows() -> sp.csr_matrix:
    array = X.copy()
    array[::3] = 0
    return sp.csr_matrix(array)


ROWS: dict[str, Callable[[], Any]] = {
    "list": X.tolist,
    "Fortran order": lambda: np.asfortranarray(X),
    "strided": lambda: X.repeat(2, axis=1)[:, ::2],
    "backwards": lambda: X[::-1],
    "integers": lambda: (X * 10).astype(int),
    "float16": lambda: X.astype(np.float16),
    "big-endian": lambda: X.astype(">f4"),
    "objects": lambda: X.astype(object),
    "complex": lambda: X.astype(complex),
    "read-only": read_only,
    "unaligned": unaligned,
    "NaN": lambda: spoilt(np.nan),
    "infinite": lambda: spoilt(np.inf),
    "one row": lambda: X[0],
    "three axes": lambda: X[None],
    "no features": lambda: X[:, :0],
    "no rows": lambda: X[:0],
    "too few rows": lambda: X[:-1],
    "large": lambda: X * 1e200,
    "too large": lambda: X * 1e307,
    "large in float32": lambda: (X * 1e30).astype("float32"),
    "too large in float32": lambda: (X * 1e37).astype("float32"),
    "CSC": lambda: sp.csc_matrix(X),
    "coordinates": lambda: sp.coo_array(X),
    "CSR of NaN": lambda: sp.csr_matrix(spoilt(np.nan)),
    "CSR of int64": lambda: with_indices("int64", "int64"),
    "columns of int64": lambda: with_indices("int64", "int32"),
    "starts of int64": lambda: with_indices("int32", "int64"),
    "twice": twice,
    "unsorted": unsorted,
    "empty rows": with_empty_rows,
    "nothing but zeros": lambda: sp.csr_matrix(X.shape),
    "integers in CSR": lambda: sp.csr_matrix((X * 10).astype(int)),
}


@pytest.mark.parametrize("penalty", [None, "l2", "elasticnet"])
@pytest.mark.parametrize("rows", ROWS)
def test_rows(rows: str, penalty: str | None) -> None:
    assert_same(lambda kind: kind(penalty=penalty).fit(ROWS[rows](), Y))


def test_rows_in_a_file(tmp_path: Path) -> None:
    X.tofile(tmp_path / "rows")
    rows = np.memmap(tmp_path / "rows", dtype=float, mode="r", shape=X.shape)
    assert_same(lambda kind: kind().fit(rows, Y))


LABELS: dict[str, Any] = {
    "none": None,
    "too few": Y[:-1],
    "column": Y[:, None],
    "two columns": np.c_[Y, Y],
    "NaN": np.where(Y == 0, np.nan, Y),
    "halves": Y + 0.5,
    "words": np.array(["a", "b", "c"])[Y],
    "objects": np.array(["a", "b", "c"], dtype=object)[Y],
    "truth": Y > 0,
    "one class": Y * 0,
    "list": Y.tolist(),
}


@pytest.mark.parametrize("labels", LABELS)
def test_labels(labels: str) -> None:
    assert_same(lambda kind: kind().fit(X, LABELS[labels]))


PARAMETERS: list[dict[str, Any]] = [
    {"alpha": -1}, {"alpha": np.nan}, {"l1_ratio": 2}, {"l1_ratio": None}, {"max_iter": 0}, {"max_iter": 2.5},
    {"tol": -1}, {"tol": np.inf}, {"tol": 0}, {"eta0": 0}, {"eta0": np.inf}, {"eta0": 1e308}, {"eta0": 1e-310},
    {"eta0": np.float32(0.3)}, {"alpha": 1e308, "penalty": "l2"}, {"alpha": 10, "penalty": "l1"},
    {"alpha": 0.999999, "penalty": "l2"}, {"alpha": 1, "penalty": "l2"}, {"n_jobs": 1.5}, {"n_jobs": 0},
    {"validation_fraction": 0.0}, {"early_stopping": True, "validation_fraction": 1e-9},
    {"early_stopping": True, "validation_fraction": 0.999}, {"verbose": -1}, {"n_iter_no_change": 0},
    {"random_state": "a"}, {"random_state": -1}, {"class_weight": [1, 2]}, {"warm_start": "yes"},
]  # fmt: skip


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_parameters(parameters: dict[str, Any], sparse: bool) -> None:
    for rows, labels in (IRIS, TWO):
        given = sp.csr_matrix(rows) if sparse else rows
        assert_same(lambda kind, rows=given, labels=labels: kind(**parameters).fit(rows, labels))


def test_an_unknown_penalty() -> None:
    for kind in (Perceptron, Theirs):  # which name the known ones in any order
        with pytest.raises(ValueError, match=r"^The 'penalty' .* must be a str among {.*} or None. Got 'l3' instead.$"):
            kind(penalty="l3").fit(X, Y)


USES: dict[str, Callable[[Any], Any]] = {
    "first part without classes": lambda kind: kind().partial_fit(X, Y),
    "parts with early stopping": lambda kind: kind(early_stopping=True).partial_fit(X, Y, classes=[0, 1, 2]),
    "balanced parts": lambda kind: kind(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2]),
    "other classes": lambda kind: kind().partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y, classes=[0, 1]),
    "unknown class": lambda kind: kind().partial_fit(X, Y, classes=[0, 1]),
    "fewer features": lambda kind: kind().fit(X, Y).partial_fit(X[:, :3], Y),
    "fewer classes": lambda kind: kind(warm_start=True).fit(X, Y).fit(*TWO),
    "other classes from scratch": lambda kind: kind().fit(X, Y).fit(*TWO),
    "densify": lambda kind: kind().densify(),
    "sparsify": lambda kind: kind().sparsify(),
    "predict": lambda kind: kind().predict(X),
    "score": lambda kind: kind().score(X, Y),
    "decision_function": lambda kind: kind().decision_function(X),
    "predict fewer features": lambda kind: kind().fit(X, Y).predict(X[:, :2]),
    "predict NaN": lambda kind: kind().fit(X, Y).predict(np.full((2, 4), np.nan)),
    "predict no rows": lambda kind: kind().fit(X, Y).predict(X[:0]),
}


@pytest.mark.parametrize("use", USES)
def test_uses(use: str) -> None:
    assert_same(USES[use])


# ---- matrices that lie about themselves ----


def wrong_column() -> sp.csr_matrix:
    matrix = sp.csr_matrix(X)
    matrix.indices[7] = 400_000_000
    return matrix


def wrong_start() -> sp.csr_matrix:
    matrix = sp.csr_matrix(X)
    matrix.indptr[7] = -5
    return matrix


def wrong_end() -> sp.csr_matrix:
    matrix = sp.csr_matrix(X)
    matrix.indptr[-1] = 5000
    return matrix


def wrong_row() -> sp.csc_matrix:
    matrix = sp.csc_matrix(X)
    matrix.indices[7] = 400_000_000
    return matrix


def wrong_start_of_a_column() -> sp.csc_matrix:
    matrix = sp.csc_matrix(X)
    matrix.indptr[1] = 400_000_000
    return matrix


@pytest.mark.parametrize("use", ["fit", "held out", "partial_fit", "decision_function", "predict", "score"])
@pytest.mark.parametrize("make", [wrong_column, wrong_start, wrong_end, wrong_row, wrong_start_of_a_column])
def test_a_matrix_that_points_outside_of_itself_is_refused(make: Callable[[], Any], use: str) -> None:
    fitted = Perceptron().fit(X, Y)
    uses: dict[str, Callable[[Any], Any]] = {
        "fit": lambda matrix: Perceptron().fit(matrix, Y),
        "held out": lambda matrix: Perceptron(early_stopping=True).fit(matrix, Y),
        "partial_fit": lambda matrix: Perceptron().partial_fit(matrix, Y, classes=np.unique(Y)),
        "decision_function": fitted.decision_function,
        "predict": fitted.predict,
        "score": lambda matrix: fitted.score(matrix, Y),
    }
    with pytest.raises(
        ValueError, match=r"^(The (row|column)s of a CS[RC] matrix must|(Row|Column)s must be from 0 to)"
    ):
        uses[use](make())


@pytest.mark.parametrize("learn", ["fit", "partial_fit"])
def test_what_one_class_leaves(learn: str) -> None:
    """Both refuse it, and predict it afterwards."""
    left = []
    for kind in (Perceptron, Theirs):
        estimator = kind()
        arguments = {"classes": [7]} if learn == "partial_fit" else {}
        with pytest.raises(ValueError, match="The number of classes has to be greater than one; got 1 class"):
            getattr(estimator, learn)(X, np.full(len(X), 7), **arguments)
        arrays = [estimator.classes_, estimator.coef_, estimator.intercept_, estimator.predict(X)]
        left.append([*arrays, estimator.t_, hasattr(estimator, "n_iter_")])
    for ours, theirs in zip(*left, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


def test_weights_of_another_shape_are_refused() -> None:
    estimator = Perceptron().fit(X, Y)
    estimator.coef_ = np.zeros((3, 2))
    with pytest.raises(ValueError, match="do not fit together"):
        estimator.partial_fit(X, Y)


def test_rows_that_are_no_floats_are_refused_by_the_engine() -> None:
    marks, numbers = np.zeros(3, np.uint8), dict.fromkeys(ENGINE_NUMBERS, 0.0)
    with pytest.raises(ValueError, match="do not fit together"):
        _engine.Perceptron(
            np.zeros((3, 2), np.int64), np.zeros(2), None, marks, marks, np.ones(3), (1.0, 1.0),
            penalized=False, normed=False, seed=None, patience=5, **numbers,
        )  # fmt: skip


def test_column_of_labels_is_told_of_once() -> None:
    for kind in (Perceptron, Theirs):
        with pytest.warns(DataConversionWarning, match="A column-vector y was passed") as told:
            kind().fit(X, Y[:, np.newaxis])
        assert len(told) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_too_few_rows_to_hold_out(dtype: str) -> None:
    rows = X.astype(dtype)
    assert_same(lambda kind: kind(early_stopping=True).fit(rows, np.arange(len(rows)) == 3))
    assert_same(lambda kind: kind(early_stopping=True).fit(rows, np.minimum(np.arange(len(rows)), 2)))


def test_what_is_the_same_for_all() -> None:
    for name in ("loss", "learning_rate", "power_t", "epsilon", "average"):
        assert getattr(Perceptron(), name) == getattr(Theirs(), name)
        assert name not in Perceptron().get_params()
    assert MLPClassifier().loss == TheirMLPClassifier().loss
    assert "loss" not in MLPClassifier().get_params()
