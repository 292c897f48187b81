"""To and from scikit-learn's estimators, and to a Sequential: what one has learnt, the other goes on with."""

from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_iris

import fastmlp
from fastmlp import layers, optimizers

X, LABELS = load_iris(return_X_y=True)
NUMBERS = np.stack(load_diabetes(return_X_y=True)[1:] * 2, axis=1)[: len(X)] / 100
BITS = np.stack([LABELS > 0, X[:, 0] > 5.5], axis=1).astype(int)
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8, 5), "max_iter": 4, "random_state": 0}
SOLVERS: list[dict[str, Any]] = [
    {"solver": "adam"},
    {"solver": "adam", "early_stopping": True},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.01},
    {"solver": "sgd", "learning_rate": "adaptive", "momentum": 0.0},
    {"solver": "lbfgs"},
]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def outputs(model: Any) -> np.ndarray:
    return model.predict_proba(X) if hasattr(model, "classes_") else model.predict(X)


def case(target: str) -> tuple[str, Any]:
    return {
        "classes": ("MLPClassifier", np.array(["a", "b", "c"])[LABELS]),
        "two": ("MLPClassifier", LABELS > 0),
        "bits": ("MLPClassifier", BITS),
        "numbers": ("MLPRegressor", NUMBERS),
    }[target]


@pytest.mark.parametrize("settings", SOLVERS, ids=str)
@pytest.mark.parametrize("target", ["classes", "two", "bits", "numbers"])
def test_both_go_on_with_the_same_numbers(target: str, settings: dict[str, Any]) -> None:
    name, y = case(target)
    ours = getattr(fastmlp, name)(**SETTINGS, **settings).fit(X, y)
    theirs = getattr(neural_network, name)(**SETTINGS, **settings).fit(X, y)
    handed_over, taken_over = ours.to_sklearn(), getattr(fastmlp, name).from_sklearn(theirs)
    for model in (handed_over, taken_over):
        np.testing.assert_allclose(outputs(model), outputs(theirs), rtol=1e-6)
        np.testing.assert_allclose(model.loss_, theirs.loss_, rtol=1e-6)
        np.testing.assert_array_equal(model.predict(X[:5]).shape, theirs.predict(X[:5]).shape)
    models = (ours, theirs, handed_over, taken_over)
    for model in models:
        model.set_params(warm_start=True, early_stopping=False, random_state=1)
        if settings["solver"] != "lbfgs" and not settings.get("early_stopping"):
            model.partial_fit(X, y).partial_fit(X, y)
    for model in models:
        np.testing.assert_allclose(outputs(model), outputs(theirs), rtol=1e-6, atol=1e-9)
        assert model.n_iter_ == theirs.n_iter_
        assert model.t_ == theirs.t_
    if settings["solver"] == "lbfgs":
        losses = [model.fit(X, y).loss_ for model in models]
        np.testing.assert_allclose(losses, theirs.loss_, rtol=1e-5)


def test_unfitted() -> None:
    ours = fastmlp.MLPRegressor("poisson", alpha=0.3, n_threads=2, dropout=0.5)
    theirs = ours.to_sklearn()
    assert type(theirs) is neural_network.MLPRegressor
    assert theirs.get_params() == neural_network.MLPRegressor("poisson", alpha=0.3).get_params()
    back = fastmlp.MLPRegressor.from_sklearn(theirs)
    assert back.get_params() == fastmlp.MLPRegressor("poisson", alpha=0.3).get_params()
    assert not hasattr(back, "coefs_")


def test_a_copy_is_a_copy() -> None:
    ours = fastmlp.MLPClassifier(**SETTINGS).fit(X, LABELS)
    theirs, before = ours.to_sklearn(), ours.predict_proba(X)
    theirs.partial_fit(X, LABELS)
    theirs.loss_curve_.append(0.0)
    np.testing.assert_array_equal(ours.predict_proba(X), before)
    assert len(ours.loss_curve_) == 4


def test_what_scikit_learn_does_not_have() -> None:
    huber = fastmlp.MLPRegressor("huber", solver="rmsprop", dropout=0.1, **SETTINGS).fit(X, NUMBERS)
    theirs = huber.to_sklearn()
    assert (theirs.loss, theirs.solver, theirs.max_iter) == ("squared_error", "adam", 4)
    np.testing.assert_allclose(theirs.predict(X), huber.predict(X), rtol=1e-12)
    with pytest.raises(ValueError, match="scikit-learn's activation is one of"):
        fastmlp.MLPClassifier(activation="silu").to_sklearn()
    with pytest.raises(ValueError, match="scikit-learn has no out_activation"):
        fastmlp.MLPRegressor(out_activation="tanh").to_sklearn()
    with pytest.raises(TypeError, match=r"MLPClassifier\.from_sklearn expects scikit-learn's MLPClassifier"):
        fastmlp.MLPClassifier.from_sklearn(neural_network.MLPRegressor())


@pytest.mark.parametrize(
    ("solver", "known"),
    [
        ("rmsprop", False),
        (optimizers.Adam(0.01, amsgrad=True), False),
        (optimizers.SGD(0.01, clipnorm=1.0), False),
        (optimizers.AdamW(0.01), False),
        (optimizers.SGD(0.01, momentum=0.5), True),
        (optimizers.Adam(0.01), True),
    ],
)
def test_an_optimizer_goes_over_if_scikit_learn_has_it(solver: Any, known: bool) -> None:
    ours = fastmlp.MLPClassifier(**SETTINGS, solver=solver).fit(X, LABELS).set_params(solver="adam")
    theirs = ours.to_sklearn()
    for _ in range(2):
        ours.partial_fit(X, LABELS)
        theirs.partial_fit(X, LABELS)
    assert np.allclose(outputs(ours), outputs(theirs), rtol=1e-8) == known


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target", ["classes", "two", "bits", "numbers"])
def test_to_keras(target: str, dtype: str) -> None:
    name, y = case(target)
    model = getattr(fastmlp, name)(activation=["silu", layers.LeakyReLU(0.1)], dropout=0.1, **SETTINGS)
    model.fit(X.astype(dtype), y)
    network = model.to_keras()
    assert type(network) is fastmlp.Sequential
    assert {weight.dtype for weight in network.get_weights()} == {np.dtype(dtype)}
    expected = model._outputs(X.astype(dtype))
    np.testing.assert_allclose(network.predict(X.astype(dtype), verbose=0), expected, rtol=1e-6)
    again = fastmlp.Sequential.from_config(network.get_config())
    again.set_weights(network.get_weights())
    np.testing.assert_array_equal(
        again.predict(X.astype(dtype), verbose=0), network.predict(X.astype(dtype), verbose=0)
    )
    network.compile("sgd", "mse")
    network.fit(X.astype(dtype), np.zeros((len(X), model.n_outputs_)), verbose=0)
    np.testing.assert_array_equal(model._outputs(X.astype(dtype)), expected)
