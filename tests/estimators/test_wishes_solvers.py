"""Optimizers and schedules of fastmlp's: against the same network as a Sequential, step by step."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes

import fastmlp
from fastmlp import optimizers
from fastmlp.optimizers import schedules

X, y = load_diabetes(return_X_y=True)
X, y = X[:230] * 10, y[:230] / 100
SETTINGS: dict[str, Any] = {
    "loss": "mean_squared_error", "hidden_layer_sizes": (8, 5), "alpha": 0.0, "shuffle": False, "batch_size": 32,
    "max_iter": 3, "random_state": 0, "tol": 0.0,
}  # fmt: skip
NAMES = ["adadelta", "adafactor", "adagrad", "adamax", "adamw", "ftrl", "lamb", "lion", "muon", "nadam", "rmsprop"]
DECAY = schedules.ExponentialDecay(0.01, 10, 0.5)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Plain(optimizers.Optimizer):
    """An optimizer of one's own."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: float) -> None:
        variable.assign(variable.numpy() - learning_rate * gradient)


def first_network(**parameters: Any) -> fastmlp.Sequential:
    """Return the network with its first weights."""
    still = fastmlp.MLPRegressor(**{**SETTINGS, "max_iter": 1}, solver="sgd", learning_rate_init=1e-300)
    return still.fit(X, y).to_keras()


def same_as_a_model(model: Any, optimizer: Any, *, epochs: int = 3) -> None:
    network = first_network()
    network.compile(optimizer, "mse")
    history = network.fit(X, y, batch_size=32, epochs=epochs, shuffle=False, verbose=0)
    for array, expected in zip(model.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(model.loss_curve_, history.history["loss"], rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_by_name(name: str) -> None:
    model = fastmlp.MLPRegressor(solver=name, learning_rate_init=0.005, **SETTINGS).fit(X, y)
    optimizer = optimizers.get(name)
    optimizer.learning_rate = 0.005
    same_as_a_model(model, optimizer)


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=0.3),
        optimizers.SGD(DECAY, momentum=0.9),
        optimizers.RMSprop(0.01, use_ema=True, ema_momentum=0.9),
        optimizers.Adam(0.01, gradient_accumulation_steps=2),
        optimizers.Muon(0.02),
        optimizers.Adafactor(0.02),
        optimizers.ScheduleFreeAdamW(0.02),
        Plain(0.02),
    ],
    ids=lambda each: type(each).__name__,
)
def test_objects(optimizer: Any) -> None:
    model = fastmlp.MLPRegressor(solver=optimizer, **SETTINGS)
    copied = clone(model)
    model.fit(X, y)
    same_as_a_model(model, type(optimizer).from_config(optimizer.get_config()))
    assert model.solver is optimizer
    assert optimizer.batches == 0
    assert not optimizer.built
    before = model.predict(X)
    np.testing.assert_array_equal(copied.fit(X, y).predict(X), before)
    np.testing.assert_array_equal(model.fit(X, y).predict(X), before)


@pytest.mark.parametrize("solver", ["rmsprop", "muon", "adafactor", optimizers.Nadam(0.01), "sgd", "adam"])
def test_going_on(solver: Any) -> None:
    """Fits of an epoch each are one fit, through pickles and copies too."""
    once = fastmlp.MLPRegressor(solver=solver, **SETTINGS).fit(X, y)
    model = fastmlp.MLPRegressor(solver=solver, **SETTINGS).partial_fit(X, y)
    left = copy.copy(model)
    model = pickle.loads(pickle.dumps(model)).partial_fit(X, y)
    model = copy.deepcopy(model).partial_fit(X, y)
    np.testing.assert_array_equal(model.loss_curve_, once.loss_curve_)
    np.testing.assert_array_equal(model.predict(X), once.predict(X))
    left.partial_fit(X, y)
    assert left._optimizer.iterations == 16


@pytest.mark.parametrize("schedule", [DECAY, lambda step: 0.01 / (1 + step)], ids=["object", "function"])
@pytest.mark.parametrize("solver", ["sgd", "adam", "adagrad", optimizers.Lion(0.1)])
def test_schedules(solver: Any, schedule: Any) -> None:
    model = fastmlp.MLPRegressor(solver=solver, learning_rate=schedule, momentum=0.0, epsilon=1e-7, **SETTINGS)
    model.fit(X, y)
    optimizer = optimizers.get(solver) if isinstance(solver, str) else optimizers.Lion()
    optimizer.learning_rate = schedule
    same_as_a_model(model, optimizer)
    assert model.learning_rate is schedule


def test_more_steps_than_rates_are_worked_out_for() -> None:
    rates: list[int] = []

    def rate(step: int) -> float:
        rates.append(step)
        return 1e-3

    rows = np.tile(X, (10, 1))  # 2,300 steps of one row
    settings = {**SETTINGS, "batch_size": 1, "max_iter": 1}
    model = fastmlp.MLPRegressor(solver="sgd", learning_rate=rate, momentum=0.0, **settings)
    model.fit(rows, np.tile(y, 10))
    constant = fastmlp.MLPRegressor(solver="sgd", learning_rate_init=1e-3, momentum=0.0, **settings)
    np.testing.assert_array_equal(constant.fit(rows, np.tile(y, 10)).predict(X), model.predict(X))
    assert set(rates) == set(range(2300))


def test_partial_fit_is_for_all_but_lbfgs() -> None:
    assert hasattr(fastmlp.MLPClassifier(solver="lion"), "partial_fit")
    assert hasattr(fastmlp.MLPClassifier(solver=optimizers.Muon()), "partial_fit")
    assert not hasattr(fastmlp.MLPClassifier(solver="lbfgs"), "partial_fit")


def test_bad_solvers() -> None:
    for parameter, value in {"solver": "adamm", "learning_rate": "changing"}.items():
        with pytest.raises(ValueError, match=f"The '{parameter}' parameter of MLPRegressor must be a str among"):
            fastmlp.MLPRegressor(**{parameter: value}).fit(X, y)
    with pytest.raises(ValueError, match="A schedule must return finite numbers of at least 0"):
        fastmlp.MLPRegressor(learning_rate=lambda step: -1.0).fit(X, y)


def test_numbers_that_run_away() -> None:
    """Training ends when weights are not finite any more, with scikit-learn's error."""
    model = fastmlp.MLPRegressor("squared_error", solver="sgd", learning_rate_init=1e30, max_iter=50, random_state=0)
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        model.fit(X, y)
    assert model.n_iter_ < 50
