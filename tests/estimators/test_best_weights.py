"""Which weights a warm start with early stopping ends with: the best ones so far are scikit-learn's last ones."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import scale

import fastmlp

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ORDER = np.random.default_rng(0).permutation(150)
IRIS = tuple(array[ORDER] for array in load_iris(return_X_y=True))
DATA: dict[str, tuple[Any, Any]] = {
    "MLPClassifier": (scale(IRIS[0]), IRIS[1]),
    "MLPRegressor": tuple(scale(array[:150]) for array in load_diabetes(return_X_y=True)),
}


def by_lbfgs(estimator: Any) -> Any:
    """Return an estimator that L-BFGS has made worse."""
    X, y = DATA[type(estimator).__name__]
    estimator.set_params(solver="lbfgs", max_iter=2).fit(X, y[::-1])
    return pickled(estimator.set_params(solver="adam", max_iter=5))


def pickled(estimator: Any) -> Any:
    return pickle.loads(pickle.dumps(estimator))


def there(estimator: Any) -> Any:
    """Return scikit-learn's estimator."""
    return estimator.to_sklearn() if hasattr(estimator, "to_sklearn") else estimator


def there_and_back(estimator: Any) -> Any:
    back = getattr(fastmlp, type(estimator).__name__).from_sklearn
    return back(there(estimator)) if hasattr(estimator, "to_sklearn") else estimator


BETWEEN: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda estimator: estimator,
    "activation": lambda estimator: estimator.set_params(activation="logistic"),
    "pickle": pickled,
    "deepcopy": copy.deepcopy,
    "lbfgs": by_lbfgs,
    "to scikit-learn": there,
    "to scikit-learn and back": there_and_back,
}


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("kind", DATA)
def test_warm_start(kind: str, between: str) -> None:
    X, y = DATA[kind]
    parameters: dict[str, Any] = {"hidden_layer_sizes": (7,), "max_iter": 5, "random_state": 3, "warm_start": True}
    both = []
    for module in (fastmlp, neural_network):
        estimator = getattr(module, kind)(**parameters, early_stopping=True).fit(X, y)
        estimator = BETWEEN[between](estimator)
        estimator.fit(X, y[::-1])  # which finds nothing better
        both.append(estimator.fit(X, y))
    ours, theirs = both
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-7)
    for weights, expected in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(weights, expected, rtol=1e-6, atol=1e-10)
