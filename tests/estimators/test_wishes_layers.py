"""Activations of one's own and dropout: against the same network as a Sequential, NumPy, and scikit-learn."""

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV

import fastmlp
from fastmlp import layers, ops

X, LABELS = load_iris(return_X_y=True)
X = X / X.max(axis=0)
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8, 6), "max_iter": 4, "random_state": 0, "tol": 0.0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def gaussian(x: Any) -> Any:
    return ops.exp(-ops.square(x))


NUMPY = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "softplus": lambda z: np.logaddexp(0, z),
    gaussian: lambda z: np.exp(-(z**2)),
}


def hidden_of(model: Any, activations: list[Any]) -> list[np.ndarray]:
    """Return what the hidden layers put out, in NumPy."""
    outputs, x = [], X
    for coef, intercept, activation in zip(model.coefs_[:-1], model.intercepts_[:-1], activations, strict=True):
        x = NUMPY[activation](x @ coef + intercept)
        outputs.append(x)
    return outputs


@pytest.mark.parametrize(
    "activation", ["silu", "softplus", gaussian, ["tanh", "logistic"], ["relu", gaussian], ("sigmoid", "silu")]
)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_activations(activation: Any, solver: str) -> None:
    model = fastmlp.MLPClassifier(activation=activation, solver=solver, **SETTINGS).fit(X, LABELS)
    expected = hidden_of(model, list(activation) if isinstance(activation, list | tuple) else [activation] * 2)
    for array, truth in zip(model.hidden_activations(X), expected, strict=True):
        np.testing.assert_allclose(array, truth, rtol=1e-12)
    logits = expected[-1] @ model.coefs_[-1] + model.intercepts_[-1]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(model.predict_proba(X), powers / powers.sum(axis=1, keepdims=True), rtol=1e-10)


def test_gradients_of_an_activation_of_ones_own() -> None:
    """The loss and gradient that L-BFGS gets, against central differences."""
    model = fastmlp.MLPClassifier(activation=["silu", gaussian], solver="lbfgs", **SETTINGS).fit(X, LABELS)
    y, w = np.eye(3)[LABELS], np.random.default_rng(0).uniform(0.5, 2, len(X))
    theta = np.random.default_rng(1).normal(size=sum(a.size for a in (*model.coefs_, *model.intercepts_)))
    _, gradient = model._loss_grad_lbfgs(theta, X, y, w)
    for i in range(0, theta.size, 7):
        step = np.zeros_like(theta)
        step[i] = 1e-6
        ends = [model._loss_grad_lbfgs(theta + sign * step, X, y, w)[0] for sign in (1, -1)]
        np.testing.assert_allclose(gradient[i], (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["relu", "logistic"])
def test_a_list_of_scikit_learns_is_scikit_learns(name: str) -> None:
    ours = fastmlp.MLPClassifier(activation=[name, name], **SETTINGS).fit(X, LABELS)
    theirs = neural_network.MLPClassifier(activation=name, **SETTINGS).fit(X, LABELS)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-12)


@pytest.mark.parametrize(("activation", "factor"), [("logistic", 2), ("sigmoid", 6), ("silu", 6)])
def test_first_weights(activation: str, factor: int) -> None:
    model = fastmlp.MLPClassifier(activation=activation, solver="sgd", learning_rate_init=1e-300, **SETTINGS)
    model.fit(X, LABELS)
    random = np.random.RandomState(0)
    for coef, intercept in zip(model.coefs_, model.intercepts_, strict=True):
        bound = np.sqrt(factor / sum(coef.shape))
        np.testing.assert_allclose(coef, random.uniform(-bound, bound, coef.shape))
        np.testing.assert_allclose(intercept, random.uniform(-bound, bound, intercept.shape))


def test_layers_as_activations() -> None:
    leaky = layers.LeakyReLU(0.2)
    first = fastmlp.MLPClassifier(activation=leaky, **SETTINGS)
    copied = clone(first)
    first.fit(X, LABELS)
    assert first.activation is leaky
    assert not leaky.built
    np.testing.assert_array_equal(copied.fit(X, LABELS).predict_proba(X), first.predict_proba(X))
    z = X @ first.coefs_[0] + first.intercepts_[0]
    np.testing.assert_allclose(first.hidden_activations(X)[0], np.where(z > 0, z, 0.2 * z), rtol=1e-12)
    again = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(again.predict_proba(X), first.predict_proba(X))
    with pytest.raises(ValueError, match="An activation of an estimator must train all its weights"):
        fastmlp.MLPClassifier(activation=layers.BatchNormalization(), **SETTINGS).fit(X, LABELS)


def test_layers_as_activations_of_the_output() -> None:
    limited = fastmlp.MLPRegressor(out_activation=layers.ReLU(1.5), **SETTINGS).fit(X, LABELS)
    assert limited.predict(X).max() <= 1.5
    scaled = fastmlp.MLPRegressor(out_activation=layers.PReLU("ones"), **SETTINGS).fit(X, LABELS)
    np.testing.assert_allclose(scaled.to_keras().predict(X, verbose=0)[:, 0], scaled.predict(X), rtol=1e-12)
    assert scaled.get_weights()[-1] != 1


# ---- activations with weights ----

PRELU = layers.PReLU("RandomUniform")
UNUSUAL: dict[str, Any] = {"activation": ["tanh", PRELU], **SETTINGS}


def same(model: Any, other: Any) -> None:
    for array, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_shares_that_stay_are_leaky() -> None:
    """With shares that a constraint holds at 0.2, all is as with LeakyReLU, behind the draw for initializers."""
    still = layers.PReLU(fastmlp.initializers.Constant(0.2), alpha_constraint=lambda share: 0.0 * share + 0.2)
    random = np.random.RandomState(0)
    random.randint(2**31)
    model = fastmlp.MLPClassifier(activation=still, **SETTINGS).fit(X, LABELS)
    leaky = fastmlp.MLPClassifier(activation=layers.LeakyReLU(0.2), **{**SETTINGS, "random_state": random})
    np.testing.assert_allclose(model.loss_curve_, leaky.fit(X, LABELS).loss_curve_, rtol=1e-12)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weights_of_activations_are_trained(solver: str) -> None:
    model = fastmlp.MLPClassifier(**{**UNUSUAL, "solver": solver}).fit(X, LABELS)
    first = fastmlp.MLPClassifier(**{**UNUSUAL, "solver": "sgd", "learning_rate_init": 1e-300}).fit(X, LABELS)
    share, drawn = model.get_weights()[4], first.get_weights()[4]
    assert share.shape == drawn.shape == model.intercepts_[1].shape
    assert (share != drawn).any()
    assert len({*drawn.tolist()}) > 1
    same(fastmlp.MLPClassifier(**{**UNUSUAL, "solver": solver}).fit(X, LABELS), model)
    other = fastmlp.MLPClassifier(**{**UNUSUAL, "solver": solver, "random_state": 1}).fit(X, LABELS)
    assert (other.get_weights()[4] != share).any()
    z = model.hidden_activations(X)[0] @ model.coefs_[1] + model.intercepts_[1]
    np.testing.assert_allclose(model.hidden_activations(X)[1], np.where(z > 0, z, share * z), rtol=1e-12)
    assert not PRELU.built


def test_gradients_of_weights_of_activations() -> None:
    """Against central differences, those by the inputs, too."""
    model = fastmlp.MLPClassifier(**{**UNUSUAL, "solver": "lbfgs"}).fit(X, LABELS)
    y, w = np.eye(3)[LABELS], np.random.default_rng(0).uniform(0.5, 2, len(X))
    theta = np.random.default_rng(1).normal(size=sum(array.size for array in model.get_weights()))
    before = model.get_weights()
    _, gradient = model._loss_grad_lbfgs(theta, X, y, w)
    for i in (0, 5, *range(theta.size - before[4].size, theta.size)):
        step = np.zeros_like(theta)
        step[i] = 1e-6
        ends = [model._loss_grad_lbfgs(theta + sign * step, X, y, w)[0] for sign in (1, -1)]
        np.testing.assert_allclose(gradient[i], (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-8)
    model.set_weights(before)
    step = np.zeros(X.shape[1])
    step[1] = 1e-6
    ends = [model.predict_proba(X[:9] + sign * step) for sign in (1, -1)]
    np.testing.assert_allclose(model.input_gradients(X[:9])[:, :, 1], (ends[0] - ends[1]) / 2e-6, rtol=1e-4, atol=1e-8)


def test_weights_of_activations_elsewhere() -> None:
    for dtype in ("float32", "float64"):
        rows = X.astype(dtype)
        model = fastmlp.MLPClassifier(**{**UNUSUAL, "dropout": 0.1}).fit(rows, LABELS)
        network = model.to_keras()
        assert [type(layer).__name__ for layer in network.layers][2:4] == ["Dense", "PReLU"]
        same(network, model)
        assert {weight.dtype for weight in network.get_weights()} == {np.dtype(dtype)}
        np.testing.assert_allclose(network.predict(rows, verbose=0), model.predict_proba(rows), rtol=1e-5)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    same(again.partial_fit(X, LABELS), model.partial_fit(X, LABELS))
    same(clone(model).fit(X, LABELS), fastmlp.MLPClassifier(**{**UNUSUAL, "dropout": 0.1}).fit(X, LABELS))


def test_going_on_with_weights_of_activations() -> None:
    model = fastmlp.MLPClassifier(**{**UNUSUAL, "shuffle": False, "max_iter": 3}).fit(X, LABELS)
    model.partial_fit(X, LABELS)
    longer = fastmlp.MLPClassifier(**{**UNUSUAL, "shuffle": False, "max_iter": 4}).fit(X, LABELS)
    same(model, longer)
    warm = fastmlp.MLPClassifier(**{**UNUSUAL, "warm_start": True}).fit(X, LABELS)
    share = warm.get_weights()[4]
    warm.set_params(solver="sgd", learning_rate_init=1e-300).fit(X, LABELS)
    np.testing.assert_array_equal(warm.get_weights()[4], share)
    warm.set_params(activation="relu").partial_fit(X, LABELS)
    assert len(warm.get_weights()) == 6
    warm.set_params(activation=PRELU).partial_fit(X, LABELS)
    assert len(warm.get_weights()) == 8


def test_the_best_weights_of_activations() -> None:
    wild = {**UNUSUAL, "learning_rate_init": 1.0, "max_iter": 15}
    model = fastmlp.MLPClassifier(restore_best=True, **wild).fit(X, LABELS, eval_set=(X[::3], LABELS[::3]))
    best = int(np.argmin(model.validation_loss_curve_))
    assert best < 14
    same(model, fastmlp.MLPClassifier(**{**wild, "max_iter": best + 1}).fit(X, LABELS))


def test_bad_activations() -> None:
    with pytest.raises(ValueError, match="The 'activation' parameter of MLPClassifier must be a str among"):
        fastmlp.MLPClassifier(activation="rely").fit(X, LABELS)
    with pytest.raises(ValueError, match="activation must have one element for each of the 2 hidden layers"):
        fastmlp.MLPClassifier(activation=["relu"], **SETTINGS).fit(X, LABELS)
    with pytest.raises(ValueError, match="rely"):
        fastmlp.MLPClassifier(activation=["relu", "rely"], **SETTINGS).fit(X, LABELS)


@pytest.mark.parametrize("units", [3, 4, 6])
def test_dense_layers_are_no_activations(units: int) -> None:
    sentence = r"^Dense layers of an estimator are those of hidden_layer_sizes\. Received: activation <Dense name=.*>$"
    with pytest.raises(ValueError, match=sentence):
        fastmlp.MLPClassifier(activation=["relu", layers.Dense(units)], **SETTINGS).fit(X, LABELS)
    with pytest.raises(ValueError, match=sentence):
        fastmlp.MLPRegressor(out_activation=layers.Dense(units), **SETTINGS).fit(X, X)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_warm_start_with_an_activation_that_has_no_weights(solver: str) -> None:
    """It goes on from W and b."""
    settings = {**SETTINGS, "solver": solver, "warm_start": True}
    model = fastmlp.MLPClassifier(activation=PRELU, **settings).fit(X, LABELS)
    other = fastmlp.MLPClassifier(activation="relu", **settings).fit(X, LABELS)
    other.coefs_, other.intercepts_ = ([a.copy() for a in arrays] for arrays in (model.coefs_, model.intercepts_))
    for each in (model, other):
        each.best_loss_ = np.inf
        each.set_params(activation="relu", random_state=1).fit(X, LABELS)
    same(model, other)


def test_an_early_stopping_warm_start_with_another_activation() -> None:
    model = fastmlp.MLPClassifier(activation=PRELU, **SETTINGS, early_stopping=True, warm_start=True).fit(X, LABELS)
    for activation, arrays in (("relu", 6), (PRELU, 8)):
        model.set_params(activation=activation).fit(X, LABELS)
        assert len(model.get_weights()) == arrays
        assert len(model.validation_scores_) == model.n_iter_ * (2 if activation == "relu" else 3)


def first_column(x: Any) -> Any:
    return x[:, :1]


@pytest.mark.parametrize(
    "given",
    [first_column, lambda x: ops.mean(x, axis=-1), lambda x: ops.mean(x), fastmlp.activations.glu],
)
def test_activations_that_change_the_number_of_outputs(given: Any) -> None:
    with pytest.raises(ValueError, match="must give a number for each of the 6 units"):
        fastmlp.MLPClassifier(activation=["relu", given], **SETTINGS).fit(X, LABELS)
    with pytest.raises(ValueError, match="must give a number for each of the 4 units"):
        fastmlp.MLPRegressor(out_activation=given, **SETTINGS).fit(X, X)


@pytest.mark.parametrize("name", sorted(fastmlp.activations.names()))
def test_every_name_that_is_offered_goes(name: str) -> None:
    model = fastmlp.MLPClassifier(activation=name, solver="sgd", **SETTINGS)
    if name in ("threshold", "glu"):
        with pytest.raises(
            ValueError, match="The 'activation' parameter of MLPClassifier must be a str among"
        ) as raised:
            model.fit(X, LABELS)
        assert f"'{name}'" not in str(raised.value).partition("Got")[0]
    else:
        assert np.isfinite(model.fit(X, LABELS).loss_)


def test_searched_for() -> None:
    grid = {"activation": ["relu", ["silu", "tanh"], [gaussian, layers.ELU(0.5)]], "dropout": [0.0, (0.1, 0.2)]}
    search = GridSearchCV(fastmlp.MLPClassifier(**SETTINGS), grid, cv=2).fit(X, LABELS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# ---- dropout ----


def test_no_dropout_draws_nothing() -> None:
    random, theirs = np.random.RandomState(5), np.random.RandomState(5)
    fastmlp.MLPClassifier(dropout=[0.0, 0.0], **{**SETTINGS, "random_state": random}).fit(X, LABELS)
    neural_network.MLPClassifier(**{**SETTINGS, "random_state": theirs}).fit(X, LABELS)
    assert random.randint(2**31) == theirs.randint(2**31)


def test_dropout_leaves_out_and_scales_up() -> None:
    """One step of SGD with one row shows in the first gradient of the output's weights what was left out."""
    x, y = load_diabetes(return_X_y=True)
    x, y = 10 * x[:1], np.array([1.0])
    for rate in (0.25, 0.6):
        model = fastmlp.MLPRegressor(
            hidden_layer_sizes=(4000,), activation="softplus", solver="sgd", momentum=0.0, alpha=0.0, dropout=rate,
            learning_rate_init=1e-3, random_state=3, shuffle=False,
        )  # fmt: skip
        still = fastmlp.MLPRegressor(**{**model.get_params(), "learning_rate_init": 1e-300}).partial_fit(x, y)
        hidden = still.hidden_activations(x)[0][0]
        model.partial_fit(x, y)
        moved = (model.coefs_[1] - still.coefs_[1])[:, 0] / hidden
        kept = moved != 0
        assert abs(kept.mean() - (1 - rate)) < 4 * np.sqrt(rate * (1 - rate) / 4000)
        shift = (model.intercepts_[1] - still.intercepts_[1])[0]  # the error times the rate of learning
        np.testing.assert_allclose(moved[kept], shift / (1 - rate), rtol=1e-6)


@pytest.mark.parametrize("dropout", [0.3, [0.0, 0.5]])
def test_dropout_of_layers(dropout: Any) -> None:
    model = fastmlp.MLPClassifier(dropout=dropout, **SETTINGS).fit(X, LABELS)
    again = fastmlp.MLPClassifier(dropout=dropout, **SETTINGS).fit(X, LABELS)
    other = fastmlp.MLPClassifier(dropout=dropout, **{**SETTINGS, "random_state": 1}).fit(X, LABELS)
    without = fastmlp.MLPClassifier(**SETTINGS).fit(X, LABELS)
    assert model.loss_curve_ == again.loss_curve_ != other.loss_curve_
    assert model.loss_curve_ != without.loss_curve_
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))
    names = [type(layer).__name__ for layer in model.to_keras().layers]
    assert names.count("Dropout") == (2 if dropout == 0.3 else 1)
    np.testing.assert_allclose(model.to_keras().predict(X, verbose=0), model.predict_proba(X), rtol=1e-12)


def test_partial_fit_leaves_out_others_each_time() -> None:
    model = fastmlp.MLPClassifier(dropout=0.5, learning_rate_init=1e-300, solver="sgd", **SETTINGS)
    losses = {model.partial_fit(X, LABELS, classes=[0, 1, 2]).loss_ for _ in range(4)}
    assert len(losses) == 4


@pytest.mark.parametrize("layer", [layers.Dropout(0.5), layers.GaussianNoise(0.5), layers.AlphaDropout(0.2)])
def test_noise_of_activations_follows_random_state(layer: Any) -> None:
    """The same first weights, the same rows, another seed: other noise; and none that L-BFGS could do with."""
    trained = []
    for seed in (0, 1, 1):
        model = fastmlp.MLPClassifier(activation=layer, shuffle=False, **{**SETTINGS, "random_state": 0}).fit(X, LABELS)
        trained.append(model.set_params(random_state=seed).partial_fit(X, LABELS).coefs_[0].copy())
    assert np.abs(trained[0] - trained[1]).max() > 1e-6
    np.testing.assert_array_equal(trained[1], trained[2])
    before = model.coefs_[0].copy()
    with pytest.raises(ValueError, match=r"solver='lbfgs' needs a loss .* Received: activation="):
        model.set_params(solver="lbfgs").fit(X, LABELS)
    np.testing.assert_array_equal(model.coefs_[0], before)


def test_bad_dropout() -> None:
    with pytest.raises(ValueError, match="The 'dropout' parameter of MLPClassifier must be"):
        fastmlp.MLPClassifier(dropout=1.0).fit(X, LABELS)
    with pytest.raises(ValueError, match="dropout must have one element for each of the 2 hidden layers"):
        fastmlp.MLPClassifier(dropout=[0.1], **SETTINGS).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"dropout must be in \[0, 1\)"):
        fastmlp.MLPClassifier(dropout=[0.1, 1.5], **SETTINGS).fit(X, LABELS)
    with pytest.raises(ValueError, match=r"solver='lbfgs' needs a loss that is the same .* Received: dropout=0\.1"):
        fastmlp.MLPClassifier(dropout=0.1, solver="lbfgs").fit(X, LABELS)


def test_threads_change_nothing() -> None:
    models = [
        fastmlp.MLPClassifier(dropout=0.2, n_threads=threads, **SETTINGS).fit(X, LABELS) for threads in (None, 1, 3)
    ]
    assert models[0].loss_curve_ == models[1].loss_curve_ == models[2].loss_curve_
    np.testing.assert_array_equal(models[0].predict_proba(X), models[1].predict_proba(X))
    with pytest.raises(ValueError, match="The 'n_threads' parameter of MLPClassifier must be an int"):
        fastmlp.MLPClassifier(n_threads=0).fit(X, LABELS)
