"""Labels as users have them: several for each row in any container and of any two values, or one class only."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

import pandas
from scipy import sparse
from sklearn import neural_network

import fastmlp

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
BITS = (X @ RNG.normal(size=(3, 4)) + RNG.normal(size=(60, 4)) > 0).astype(int)
KINDS: dict[str, Callable[[Any], Any]] = {
    "columns": np.asfortranarray,
    "frame": pandas.DataFrame,
    "csc": sparse.csc_array,
    "0 and 2": lambda bits: 2 * bits,
    "-1 and 1": lambda bits: 2 * bits - 1,
    "bool": lambda bits: np.asfortranarray(bits.astype(bool)),
    "uint8": lambda bits: (2 * bits).astype(np.uint8),
}


def taught(module: Any, y: Any, **parameters: Any) -> Any:
    return module.MLPClassifier((5,), max_iter=4, batch_size=16, random_state=0).set_params(**parameters).fit(X, y)


def assert_alike(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-10)
    for coef, expected in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(coef, expected, rtol=1e-8, atol=1e-12)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    predicted, expected = (estimator.predict(X) for estimator in (ours, theirs))
    assert type(predicted) is type(expected)
    assert predicted.dtype == expected.dtype
    different = predicted != expected
    assert (different.nnz if sparse.issparse(different) else np.count_nonzero(different)) == 0


@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"solver": "lbfgs"}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_several_labels(kind: str, parameters: dict[str, Any]) -> None:
    assert_alike(*(taught(module, KINDS[kind](BITS), **parameters) for module in (fastmlp, neural_network)))


@pytest.mark.parametrize("label", [0, 1, 7, "only"])
def test_one_class_is_always_right(label: Any) -> None:
    y = np.full(len(X), label)
    ours, theirs = (taught(module, y, early_stopping=True) for module in (fastmlp, neural_network))
    assert_alike(ours, theirs)
    assert ours.validation_scores_ == theirs.validation_scores_ == [1.0] * 4
