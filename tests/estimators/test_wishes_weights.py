"""Weights of classes, against scikit-learn with the weights of rows or with rows that occur several times."""

from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_iris
from sklearn.utils.class_weight import compute_class_weight

import fastmlp

X, LABELS = load_iris(return_X_y=True)
X = X / X.max(axis=0)
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 4, "random_state": 0, "tol": 0.0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def same(ours: Any, theirs: Any) -> None:
    for array, expected in zip((*ours.coefs_, *ours.intercepts_), (*theirs.coefs_, *theirs.intercepts_), strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("given", [None, "weights"])
@pytest.mark.parametrize("names", [False, True], ids=["numbers", "strings"])
def test_weights_by_label(solver: str, given: str | None, names: bool) -> None:
    y = np.array(["setosa", "versicolor", "virginica"])[LABELS] if names else LABELS
    kinds = np.unique(y)
    by_label = {kinds[0]: 0.5, kinds[2]: 3.0}
    of_rows = np.random.default_rng(0).uniform(0.5, 2, len(y)) if given else None
    factors = np.select([y == kinds[0], y == kinds[2]], [0.5, 3.0], 1.0)
    ours = fastmlp.MLPClassifier(solver=solver, class_weight=by_label, **SETTINGS).fit(X, y, of_rows)
    theirs = neural_network.MLPClassifier(solver=solver, **SETTINGS)
    same(ours, theirs.fit(X, y, factors if of_rows is None else of_rows * factors))
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_balanced() -> None:
    rows = np.flatnonzero(np.arange(len(LABELS)) % (1 + LABELS) == 0)  # 50, 25 and 17 of the classes
    x, y = X[rows], LABELS[rows]
    weights = dict(enumerate(compute_class_weight("balanced", classes=np.arange(3), y=y)))
    balanced = fastmlp.MLPClassifier(class_weight="balanced", **SETTINGS).fit(x, y)
    same(balanced, fastmlp.MLPClassifier(class_weight=weights, **SETTINGS).fit(x, y))
    same(balanced, neural_network.MLPClassifier(**SETTINGS).fit(x, y, np.array([weights[each] for each in y])))


def test_a_weight_of_2_is_a_row_twice() -> None:
    """With all rows in one step and no penalty, the sums are the same but for their order."""
    once = {**SETTINGS, "alpha": 0.0, "solver": "lbfgs"}
    ours = fastmlp.MLPClassifier(class_weight={1: 2}, **once).fit(X, LABELS)
    twice = np.flatnonzero(LABELS == 1)
    theirs = neural_network.MLPClassifier(**once)
    same(ours, theirs.fit(np.concatenate([X, X[twice]]), np.concatenate([LABELS, LABELS[twice]])))


def test_several_labels() -> None:
    bits = np.stack([LABELS > 0, X[:, 0] > 0.75], axis=1).astype(int)
    weights = np.where(bits[:, 0], 3.0, 1.0) * np.where(bits[:, 1], 1.0, 0.25)
    ours = fastmlp.MLPClassifier(class_weight=[{0: 1, 1: 3}, {0: 0.25}], **SETTINGS).fit(X, bits)
    same(ours, neural_network.MLPClassifier(**SETTINGS).fit(X, bits, weights))


def test_partial_fit() -> None:
    ours = fastmlp.MLPClassifier(class_weight={2: 5}, **SETTINGS)
    theirs = neural_network.MLPClassifier(**SETTINGS)
    for _ in range(3):
        ours.partial_fit(X, LABELS, classes=[0, 1, 2])
        theirs.partial_fit(X, LABELS, np.where(LABELS == 2, 5.0, 1.0), classes=[0, 1, 2])
    same(ours, theirs)
    with pytest.raises(ValueError, match="class_weight 'balanced' is not supported for partial_fit"):
        ours.set_params(class_weight="balanced").partial_fit(X, LABELS)
    with pytest.raises(ValueError, match="The 'class_weight' parameter of MLPClassifier must be"):
        ours.set_params(class_weight="heavy").fit(X, LABELS)


def test_float32_stays() -> None:
    model = fastmlp.MLPClassifier(class_weight="balanced", **SETTINGS).fit(X.astype("f4"), LABELS)
    assert {coef.dtype for coef in model.coefs_} == {np.dtype("f4")}
    assert model.predict_proba(X.astype("f4")).dtype == np.float32
