"""The numbers of scikit-learn's MLPs on real data: curves, weights, predictions, attributes, warnings, what is said."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from estimators.real_data import CLASSIFICATION, COUNTS, REGRESSION
from estimators.sameness import CONTAINERS, Case, compare, limit
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor as SkMLPRegressor

from fastmlp import MLPRegressor

TASKS = [name for name in CLASSIFICATION + REGRESSION if not name.endswith(("-names", "-words"))]
FEW = ["iris-names", "cancer-names", "digits-bits", "diabetes", "linnerud"]

SGD: dict[str, Any] = {"solver": "sgd", "learning_rate_init": 0.01}
LBFGS: dict[str, Any] = {"solver": "lbfgs", "max_iter": 8}
SETTINGS: dict[str, dict[str, Any]] = {
    "adam": {},
    "adam-fast": {"learning_rate_init": 0.05, "beta_1": 0.0, "beta_2": 0.5, "epsilon": 1e-3},
    "adam-batch-1": {"batch_size": 1, "max_iter": 2},
    "adam-batch-7": {"batch_size": 7},
    "adam-unshuffled": {"batch_size": 32, "shuffle": False},
    "adam-early-stopping": {"early_stopping": True, "learning_rate_init": 0.01, "max_iter": 12, "n_iter_no_change": 3},
    "adam-tanh": {"activation": "tanh"},
    "adam-logistic": {"activation": "logistic"},
    "adam-identity": {"activation": "identity"},
    "sgd": SGD,
    "sgd-plain": {**SGD, "momentum": 0},
    "sgd-momentum": {**SGD, "momentum": 0.8, "nesterovs_momentum": False},
    "sgd-invscaling": {
        **SGD,
        "learning_rate": "invscaling",
        "learning_rate_init": 0.2,
        "power_t": 0.3,
        "batch_size": 20,
    },
    "sgd-adaptive": {
        **SGD,
        "learning_rate": "adaptive",
        "tol": 0.3,
        "n_iter_no_change": 1,
        "max_iter": 40,
        "verbose": True,
    },
    "sgd-adaptive-early": {
        **SGD,
        "learning_rate": "adaptive",
        "tol": 0.05,
        "n_iter_no_change": 2,
        "early_stopping": True,
    },
    "sgd-batch-1": {**SGD, "batch_size": 1, "max_iter": 2, "learning_rate_init": 1e-3},
    "sgd-batch-7": {**SGD, "batch_size": 7, "learning_rate_init": 1e-3},
    "sgd-batch-beyond": {**SGD, "batch_size": 999},
    "sgd-unshuffled": {**SGD, "batch_size": 32, "shuffle": False},
    "sgd-early-stopping": {**SGD, "early_stopping": True, "validation_fraction": 0.3, "max_iter": 8, "verbose": 1},
    "sgd-tanh": {**SGD, "activation": "tanh"},
    "sgd-logistic": {**SGD, "activation": "logistic"},
    "sgd-identity": {**SGD, "activation": "identity", "learning_rate_init": 1e-3},
    "lbfgs": LBFGS,
    "lbfgs-tanh": {**LBFGS, "activation": "tanh"},
    "lbfgs-logistic": {**LBFGS, "activation": "logistic"},
    "lbfgs-identity": {**LBFGS, "activation": "identity"},
    "lbfgs-max-fun": {**LBFGS, "max_fun": 5},
    "lbfgs-tol": {**LBFGS, "tol": 0.5, "alpha": 1.0},
    "no-decay": {"alpha": 0},
    "much-decay": {**SGD, "alpha": 30.0},
    "lbfgs-much-decay": {**LBFGS, "alpha": 30.0},
    "tol": {"tol": 0.5, "n_iter_no_change": 2, "max_iter": 20, "verbose": True},
    "patience-without-end": {"tol": 1e9, "n_iter_no_change": np.inf},
    "no-hidden-layer": {"hidden_layer_sizes": ()},
    "lbfgs-no-hidden-layer": {**LBFGS, "hidden_layer_sizes": []},
    "hidden-int": {"hidden_layer_sizes": 5},
    "hidden-list": {"hidden_layer_sizes": [9, 4]},
    "hidden-array": {"hidden_layer_sizes": np.array([5, 4, 3]), "activation": "tanh"},
    "hidden-wide": {"hidden_layer_sizes": (70, 33)},
    "a-random-state": {"random_state": 2**32 - 1},
}
BASES: dict[str, dict[str, Any]] = {"adam": {"batch_size": 50}, "sgd": {**SGD, "batch_size": 50}, "lbfgs": LBFGS}


def check(case: Case) -> None:
    assert not {name: distance for name, distance in compare(case).items() if distance > limit(case, name)}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("data", TASKS)
def test_settings(data: str, settings: dict[str, Any]) -> None:
    check(Case(data, settings))


@pytest.mark.parametrize("way", ["warm", "again", "partial", "pieces", "after", "before"])
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("data", [*FEW, "wine-words", "fashion"])
def test_ways_of_fitting(data: str, base: str, way: str) -> None:
    check(Case(data, BASES[base], way))


@pytest.mark.parametrize("weigh", ["uniform", "zeros", "counts"])
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("data", [*FEW, "housing"])
def test_sample_weights(data: str, base: str, weigh: str) -> None:
    check(Case(data, {**BASES[base], "alpha": 0.1}, weigh=weigh))


@pytest.mark.parametrize("way", ["fit", "warm", "pieces"])
@pytest.mark.parametrize("base", ["adam", "sgd"])
@pytest.mark.parametrize("data", FEW)
def test_sample_weights_elsewhere(data: str, base: str, way: str) -> None:
    early = {"early_stopping": True, "max_iter": 8} if way != "pieces" and data != "linnerud" else {}
    check(Case(data, {**BASES[base], **early}, way, weigh="uniform"))


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(
    "settings", [{}, {"activation": "tanh"}, {"hidden_layer_sizes": ()}], ids=["relu", "tanh", "linear"]
)
@pytest.mark.parametrize("data", COUNTS)
def test_poisson_loss(data: str, settings: dict[str, Any], base: str) -> None:
    check(Case(data, {**BASES[base], "learning_rate_init": 1e-3, "loss": "poisson", **settings}))
    check(Case(data, {**BASES[base], "learning_rate_init": 1e-3, "loss": "poisson", **settings}, weigh="zeros"))


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("data", [*FEW, "fashion"])
def test_containers(data: str, base: str, container: str) -> None:
    check(Case(data, BASES[base], container=container))


@pytest.mark.parametrize("container", ["csr", "csc"])
@pytest.mark.parametrize("way", ["warm", "pieces"])
@pytest.mark.parametrize("data", FEW)
def test_sparse_rows_elsewhere(data: str, way: str, container: str) -> None:
    check(Case(data, {"batch_size": 7, "max_iter": 3}, way, container, weigh="uniform"))
    if data != "linnerud":
        check(Case(data, {"early_stopping": True, "max_iter": 4}, container=container))


@pytest.mark.parametrize("container", ["rows", "csr"])
@pytest.mark.parametrize("way", ["fit", "warm"])
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("data", [*FEW, "fashion"])
def test_float32(data: str, base: str, way: str, container: str) -> None:
    check(Case(data, {**BASES[base], "max_iter": 3}, way, container, np.float32))


@pytest.mark.parametrize("base", ["adam", "sgd"])
@pytest.mark.parametrize("data", ["wine", "cancer", "digits", "digits-bits", "fashion"])
def test_saturated_probabilities(data: str, base: str) -> None:
    for activation in ("relu", "identity"):
        settings = {**BASES[base], "activation": activation, "learning_rate_init": 0.05, "max_iter": 4}
        check(Case(data, settings, scaled=False))


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("data", REGRESSION)
def test_features_that_are_not_scaled(data: str, base: str) -> None:
    check(Case(data, {**BASES[base], "learning_rate_init": 1e-9, "max_iter": 4}, scaled=False))


def test_squares_of_gradients_that_overflow() -> None:
    x = np.random.default_rng(0).normal(size=(50, 3))
    settings: dict[str, Any] = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
    with pytest.warns(ConvergenceWarning), np.errstate(over="ignore"):
        ours, theirs = (each(**settings).fit(x, x.sum(axis=1) * 1e160) for each in (MLPRegressor, SkMLPRegressor))
    assert ours.loss_curve_ == theirs.loss_curve_ == [np.inf, np.inf]
    for got, wanted in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
