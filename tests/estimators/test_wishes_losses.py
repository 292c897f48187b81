"""Losses and output activations of the regressor: NumPy's formulas, central differences, and what they estimate."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_diabetes

import fastmlp
from fastmlp import losses, ops

X, NUMBERS = load_diabetes(return_X_y=True)
X = X[:150] * 10
TARGETS = np.stack([NUMBERS[:150], NUMBERS[150:300]], axis=1) / 100
WEIGHTS = np.random.default_rng(0).uniform(0, 2, len(X))
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (6, 4), "activation": "tanh", "max_iter": 4, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def softplus(z: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, z)


def logistic(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def cubes(y_true: Any, y_pred: Any) -> Any:
    """A loss of one's own."""
    return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)


def pinball(e: np.ndarray, quantile: float) -> np.ndarray:
    return np.where(e >= 0, quantile * e, (quantile - 1) * e).mean(axis=1)


# Parameters, and the loss of each row of targets t and outputs before the activation z.
CASES: dict[str, tuple[dict[str, Any], Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "absolute_error": ({"loss": "absolute_error"}, lambda t, z: np.abs(t - z).mean(axis=1)),
    "huber": (
        {"loss": "huber", "delta": 0.4},
        lambda t, z: np.where(np.abs(t - z) <= 0.4, (t - z) ** 2 / 2, 0.4 * (np.abs(t - z) - 0.2)).mean(axis=1),
    ),
    "quantile": ({"loss": "quantile", "quantile": 0.8}, lambda t, z: pinball(t - z, 0.8)),
    "softplus": (
        {"loss": "absolute_error", "out_activation": "softplus"},
        lambda t, z: np.abs(t - softplus(z)).mean(axis=1),
    ),
    "poisson of softplus": (
        {"loss": "poisson", "out_activation": "softplus"},
        lambda t, z: (t * np.log(t / softplus(z)) - t + softplus(z)).sum(axis=1),
    ),
    "quantile of logistic": (
        {"loss": "quantile", "quantile": 0.1, "out_activation": "logistic"},
        lambda t, z: pinball(t - logistic(z), 0.1),
    ),
    "fastmlp's by name": ({"loss": "mean_squared_error"}, lambda t, z: ((t - z) ** 2).mean(axis=1)),
    "fastmlp's, in ops": ({"loss": losses.LogCosh()}, lambda t, z: np.log(np.cosh(t - z)).mean(axis=1)),
    "one's own": ({"loss": cubes}, lambda t, z: (np.abs(t - z) ** 3).mean(axis=1)),
    "own activation": (
        {"loss": "huber", "delta": 1.0, "out_activation": lambda x: ops.multiply(2.0, ops.sin(x))},
        lambda t, z: np.where(
            np.abs(t - 2 * np.sin(z)) <= 1, (t - 2 * np.sin(z)) ** 2 / 2, np.abs(t - 2 * np.sin(z)) - 0.5
        ).mean(axis=1),
    ),
}


def logits(model: Any, theta: np.ndarray) -> np.ndarray:
    """Return the outputs before the activation for weights packed as scikit-learn packs them."""
    x, shapes = X, [*(coef.shape for coef in model.coefs_), *(bias.shape for bias in model.intercepts_)]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    parts = [part.reshape(shape) for part, shape in zip(np.split(theta, ends[:-1]), shapes, strict=True)]
    for i in range(3):
        x = x @ parts[i] + parts[3 + i]
        x = np.tanh(x) if i < 2 else x
    return x


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weighted"])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradient(case: str, outputs: int, weights: np.ndarray | None) -> None:
    parameters, rows = CASES[case]
    y = TARGETS[:, :outputs]
    model = fastmlp.MLPRegressor(alpha=0.1, **SETTINGS, **parameters).fit(X, y.ravel() if outputs == 1 else y)
    theta = np.random.default_rng(1).normal(size=sum(a.size for a in (*model.coefs_, *model.intercepts_)))
    kernels = sum(coef.size for coef in model.coefs_)

    def truth(theta: np.ndarray) -> float:
        share = np.ones(len(X)) if weights is None else weights
        penalty = 0.05 * (theta[:kernels] ** 2).sum() / share.sum()
        return float(np.average(rows(y, logits(model, theta)), weights=weights) + penalty)

    value, gradient = model._loss_grad_lbfgs(theta, X, y, weights)
    np.testing.assert_allclose(value, truth(theta), rtol=1e-12)
    for i in range(0, theta.size, 9):
        step = np.zeros_like(theta)
        step[i] = 1e-6
        expected = (truth(theta + step) - truth(theta - step)) / 2e-6
        np.testing.assert_allclose(gradient[i], expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_training(case: str, solver: str) -> None:
    """The first loss that training reports is that of the first weights; it falls; clones get the same."""
    parameters, rows = CASES[case]
    settings = {**SETTINGS, **parameters, "solver": solver, "max_iter": 60, "alpha": 0.0, "tol": 0.0}
    model = fastmlp.MLPRegressor(learning_rate_init=0.01, **settings).fit(X, TARGETS, WEIGHTS)
    z = np.concatenate([w.ravel() for w in (*model.coefs_, *model.intercepts_)])
    if solver == "lbfgs":
        np.testing.assert_allclose(
            model.loss_, np.average(rows(TARGETS, logits(model, z)), weights=WEIGHTS), rtol=1e-10
        )
    else:
        still = fastmlp.MLPRegressor(**{**settings, "solver": "sgd"}, learning_rate_init=1e-300)
        still.partial_fit(X, TARGETS, WEIGHTS)
        z = np.concatenate([w.ravel() for w in (*still.coefs_, *still.intercepts_)])
        first = np.average(rows(TARGETS, logits(still, z)), weights=WEIGHTS)
        np.testing.assert_allclose(still.loss_, first, rtol=1e-12)
        np.testing.assert_allclose(model.loss_curve_[0], first, rtol=1e-12)  # all rows are one batch
        assert model.loss_curve_[-1] < model.loss_curve_[0]
    np.testing.assert_array_equal(clone(model).fit(X, TARGETS, WEIGHTS).predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("loss", "activation"), [("squared_error", "identity"), ("squared_error", "linear"), ("poisson", "exp")]
)
def test_scikit_learns_pairs_are_scikit_learns(loss: str, activation: str) -> None:
    ours = fastmlp.MLPRegressor(loss, out_activation=activation, **SETTINGS).fit(X, TARGETS)
    theirs = neural_network.MLPRegressor(loss, **SETTINGS).fit(X, TARGETS)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-12)
    assert ours.out_activation_ == activation


def test_written_or_fused_is_the_same() -> None:
    """The Poisson loss of an exponential output, which the engine has in one piece, and the formula."""
    fused = fastmlp.MLPRegressor("poisson", **SETTINGS).fit(X, TARGETS)
    written = fastmlp.MLPRegressor("poisson", out_activation=ops.exp, **SETTINGS).fit(X, TARGETS)
    np.testing.assert_allclose(written.loss_curve_, fused.loss_curve_, rtol=1e-12)
    zeros = np.where(TARGETS > 1, TARGETS, 0)
    curves = [
        fastmlp.MLPRegressor("poisson", out_activation=activation, **SETTINGS).fit(X, zeros).loss_curve_
        for activation in (None, ops.exp)
    ]
    np.testing.assert_allclose(*curves, rtol=1e-12)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_quantiles(quantile: float) -> None:
    """A network that knows nothing of the rows learns the quantile of all targets."""
    nothing, y = np.zeros((1000, 1)), np.random.default_rng(0).exponential(size=1000)
    model = fastmlp.MLPRegressor(
        "quantile", (), quantile=quantile, learning_rate_init=0.01, max_iter=500, tol=0.0, random_state=0
    )
    prediction = model.fit(nothing, y).predict(nothing[:1])[0]
    assert abs((y < prediction).mean() - quantile) < 0.03


def test_float32_and_sparse_rows() -> None:
    from scipy.sparse import csr_array

    dense = fastmlp.MLPRegressor(cubes, **SETTINGS).fit(X.astype("f4"), TARGETS[:, 0])
    sparse = fastmlp.MLPRegressor(cubes, **SETTINGS).fit(csr_array(X.astype("f4")), TARGETS[:, 0])
    assert dense.predict(X.astype("f4")).dtype == np.float32
    np.testing.assert_allclose(sparse.loss_curve_, dense.loss_curve_, rtol=1e-5)


class Powers(losses.Loss):
    """A loss of one's own with a setting."""

    def __init__(self, power: float) -> None:
        super().__init__()
        self.power = power

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.abs(y_true - y_pred) ** self.power, axis=-1)


@pytest.mark.parametrize(("made", "name"), [(losses.Huber, "delta"), (Powers, "power")])
def test_a_loss_that_is_changed(made: Any, name: str) -> None:
    loss = made(1.5)
    model = fastmlp.MLPRegressor(loss, **SETTINGS).fit(X, TARGETS)
    trained = model._network._training
    assert model.partial_fit(X, TARGETS)._network._training is trained  # nothing is lowered anew
    setattr(loss, name, 3.0)
    again = fastmlp.MLPRegressor(loss, **SETTINGS).fit(X, TARGETS)
    fresh = fastmlp.MLPRegressor(made(3.0), **SETTINGS).fit(X, TARGETS)
    assert again.loss_curve_ == fresh.loss_curve_ != model.loss_curve_[:-1]
    fresh.set_weights(model.get_weights())
    fresh.set_params(solver="sgd").partial_fit(X, TARGETS)
    model.set_params(solver="sgd").partial_fit(X, TARGETS)
    assert model.loss_ == fresh.loss_


def test_losses_end_with_their_estimator() -> None:
    loss = Powers(3.0)
    model = fastmlp.MLPRegressor(loss, **SETTINGS).fit(X, TARGETS)
    ends = weakref.ref(loss), weakref.ref(model)
    del loss, model
    gc.collect()
    assert [end() for end in ends] == [None, None]


def test_bad_losses() -> None:
    for parameter, value in {"loss": "absolute", "quantile": 1.0, "delta": 0, "out_activation": "rely"}.items():
        with pytest.raises(ValueError, match=f"The '{parameter}' parameter of MLPRegressor must be"):
            fastmlp.MLPRegressor(**{parameter: value}).fit(X, TARGETS)
    with pytest.raises(ValueError, match="A loss must return a number for each row"):
        fastmlp.MLPRegressor(lambda t, p: ops.mean(t - p)).fit(X, TARGETS)
    with pytest.raises(ValueError, match="A loss of numbers is needed"):
        fastmlp.MLPRegressor("sparse_categorical_crossentropy").fit(X, TARGETS)
    with pytest.raises(ValueError, match="must return a Tensor"):
        fastmlp.MLPRegressor(lambda t, p: 1.0).fit(X, TARGETS)
