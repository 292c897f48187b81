"""Parameters that are set between the calls of an estimator that has learnt, next to scikit-learn's."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network

import fastmlp

rng = np.random.default_rng(5)
X = rng.normal(size=(60, 5))
y = (X[:, 0] > X[:, 1]).astype(int)


def taught(module: Any, **parameters: Any) -> Any:
    estimator = module.MLPClassifier((4, 3), batch_size=13, random_state=1).set_params(**parameters)
    for _ in range(3):
        estimator.partial_fit(X, y, classes=[0, 1])
    return estimator


def unpickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit_goes_on_with_another_activation(solver: str) -> None:
    ours, theirs = (taught(module, solver=solver) for module in (fastmlp, neural_network))
    for estimator in (ours, theirs):
        estimator.set_params(activation="tanh")
        estimator.partial_fit(X, y)  # with the moments of before
        estimator.partial_fit(X, y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-10)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-8)


def test_predictions_are_with_the_activation_of_now() -> None:
    ours, theirs = (taught(module).set_params(activation="logistic") for module in (fastmlp, neural_network))
    expected = theirs.predict_proba(X)
    for estimator in (ours, copy.deepcopy(ours), pickle.loads(pickle.dumps(ours))):
        np.testing.assert_allclose(estimator.predict_proba(X), expected, rtol=1e-8)


def test_dropout_may_begin_later() -> None:
    with_dropout, without = taught(fastmlp), taught(fastmlp)
    with_dropout.set_params(dropout=0.5)
    np.testing.assert_array_equal(with_dropout.predict_proba(X), without.predict_proba(X))
    for estimator in (with_dropout, without):
        estimator.partial_fit(X, y)
    assert with_dropout.loss_ != without.loss_


def test_sizes_are_those_of_the_weights() -> None:
    estimator = taught(fastmlp)
    expected = estimator.predict_proba(X)
    estimator.set_params(hidden_layer_sizes=(7,))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(estimator)).predict_proba(X), expected)
    np.testing.assert_allclose(estimator.to_keras().predict(X, verbose=0)[:, 0], expected[:, 1], rtol=1e-12)


SETTINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"solver": "sgd"}, {"learning_rate": "invscaling"}),
    ({"solver": "sgd", "learning_rate": "invscaling"}, {"learning_rate": "constant"}),
    ({"solver": "sgd", "learning_rate": "invscaling"}, {"power_t": 0.1, "learning_rate_init": 0.5}),
    (
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1},
        {"learning_rate": "constant"},
    ),
    ({"solver": "sgd"}, {"momentum": 0.1}),
    ({"solver": "sgd"}, {"momentum": 0.0}),
    ({"solver": "sgd", "momentum": 0.0}, {"momentum": 0.9}),
    ({"solver": "sgd"}, {"nesterovs_momentum": False}),
    ({"solver": "sgd"}, {"solver": "adam"}),
    ({"solver": "adam"}, {"learning_rate_init": 0.5}),
    ({"solver": "adam"}, {"beta_1": 0.1, "beta_2": 0.5}),
    ({"solver": "adam"}, {"epsilon": 0.1}),
    ({"solver": "adam"}, {"solver": "sgd"}),
]


@pytest.mark.parametrize("when", ["before", "behind"])
@pytest.mark.parametrize(("first", "then"), SETTINGS, ids=str)
def test_partial_fit_keeps_the_optimizer_that_it_began_with(
    first: dict[str, Any], then: dict[str, Any], when: str
) -> None:
    theirs, ours = (taught(module, **first) for module in (neural_network, fastmlp))
    if when == "before":
        for estimator in (theirs, ours):
            estimator.set_params(**then)
    there, back = ours.to_sklearn(), fastmlp.MLPClassifier.from_sklearn(theirs)
    for estimator in (theirs, ours, there, back, pickled := unpickled(ours)):
        estimator.set_params(**then)
        for _ in range(4):
            estimator.partial_fit(X, y)
    for estimator in (ours, there, back, pickled):
        for weights, expected in zip(estimator.coefs_, theirs.coefs_, strict=True):
            np.testing.assert_allclose(weights, expected, rtol=1e-8)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit_goes_on_with_weights_of_another_dtype(solver: str) -> None:
    ours, theirs = (taught(module, solver=solver) for module in (fastmlp, neural_network))
    for estimator in (ours, theirs):
        estimator.coefs_ = [coef.astype("f4") for coef in estimator.coefs_]
        estimator.partial_fit(X, y)  # with the moments of before
        estimator.partial_fit(X, y)
    assert {coef.dtype.name for coef in ours.coefs_} == {"float32"}
    for weights, expected in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-6)


def without_two_units(model: Any) -> Any:
    model.coefs_ = [model.coefs_[0][:, :2], model.coefs_[1][:2], model.coefs_[2]]
    model.intercepts_ = [model.intercepts_[0][:2], *model.intercepts_[1:]]
    return model


WAYS: dict[str, Callable[[Any], Any]] = {
    "set": without_two_units,
    "set and pickled": lambda model: unpickled(without_two_units(model)),
    "pickled and set": lambda model: without_two_units(unpickled(model)),
    "set and copied": lambda model: copy.deepcopy(without_two_units(model)),
    "converted and set": lambda model: without_two_units(fastmlp.MLPClassifier.from_sklearn(model.to_sklearn())),
}


@pytest.mark.parametrize("way", WAYS)
def test_partial_fit_begins_anew_with_weights_of_another_shape(way: str) -> None:
    model = WAYS[way](taught(fastmlp))
    fresh = fastmlp.MLPClassifier((2, 3), batch_size=13, random_state=1).partial_fit(X, y, classes=[0, 1])
    fresh.coefs_, fresh.intercepts_ = ([array.copy() for array in of] for of in (model.coefs_, model.intercepts_))
    del fresh._optimizer
    np.testing.assert_array_equal(model.predict_proba(X), fresh.predict_proba(X))
    for estimator in (model, fresh):
        estimator.partial_fit(X, y)
    for weights, expected in zip(model.coefs_, fresh.coefs_, strict=True):
        np.testing.assert_array_equal(weights, expected)
