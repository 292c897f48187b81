"""The network of an estimator when threads need it at once, and when it cannot be made."""

import copy
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.exceptions import ConvergenceWarning

import fastmlp
from fastmlp import optimizers
from fastmlp.estimators._slots import attach

rng = np.random.default_rng(5)
X = rng.normal(size=(60, 5))
y = (X[:, 0] > X[:, 1]).astype(int)


class Counted(optimizers.Optimizer):
    """Remembers, in a variable of its own, how often it has stepped."""

    def build(self, variables: Any) -> None:
        super().build(variables)
        self.steps = self.add_variable((), name="steps")

    def update_step(self, gradient: Any, variable: Any, learning_rate: float) -> None:
        self.assign_add(self.steps, 1.0)
        variable.assign(variable.numpy() - learning_rate / self.steps.numpy() * gradient)


def taught(solver: Any) -> Any:
    estimator = fastmlp.MLPClassifier((4, 3), solver=solver, batch_size=13, random_state=1)
    for _ in range(3):
        estimator.partial_fit(X, y, classes=[0, 1])
    return estimator


def unpickled(estimator: Any) -> Any:
    return pickle.loads(pickle.dumps(estimator))


def with_another_activation(estimator: Any) -> Any:
    return estimator.set_params(activation="tanh")


def with_weights_set(estimator: Any) -> Any:
    estimator.coefs_ = [2 * coef for coef in estimator.coefs_]
    return estimator


def all_at_once(actions: list[Callable[[], Any]]) -> None:
    raised: list[BaseException] = []

    def run(action: Callable[[], Any]) -> None:
        try:
            action()
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not raised


@pytest.mark.parametrize("solver", ["adam", "sgd", "muon", Counted(0.01)], ids=["adam", "sgd", "muon", "own"])
@pytest.mark.parametrize("changed", [unpickled, copy.deepcopy, with_another_activation, with_weights_set])
def test_threads_that_need_a_network_at_once(
    changed: Callable[[Any], Any], solver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has seen that a network is needed waits, in vain, for the others to see it before one is there."""
    alone = changed(taught(solver))
    together = changed(taught(solver))
    meeting, renew, renewals = threading.Barrier(3), type(together)._renew_network, []

    def renewed(self: Any) -> Any:
        renewals.append(self)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.15)
        return renew(self)

    monkeypatch.setattr(type(together), "_renew_network", renewed)
    all_at_once([lambda: together.predict(X), together.get_weights, lambda: together.partial_fit(X, y)])
    monkeypatch.undo()
    assert renewals == [together]
    alone.partial_fit(X, y)
    for estimator in (alone, together):
        estimator.partial_fit(X, y)
    np.testing.assert_array_equal(together.loss_curve_, alone.loss_curve_)
    np.testing.assert_array_equal(together.predict_proba(X), alone.predict_proba(X))
    assert together._optimizer.iterations == alone._optimizer.iterations == 25


def test_a_pickle_made_while_a_network_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimizer has its slots already, and the estimator no network yet."""
    estimator, alone = unpickled(taught("adam")), taught("adam")
    attached, pickles = threading.Event(), []

    def attach_slowly(*given: Any) -> Any:
        optimizer = attach(*given)
        attached.set()
        pickling.join(0.3)
        return optimizer

    def pickle_it() -> None:
        assert attached.wait(60)
        pickles.append(pickle.dumps(estimator))

    pickling = threading.Thread(target=pickle_it)
    pickling.start()
    monkeypatch.setattr("fastmlp.estimators._network_owner.attach", attach_slowly)
    estimator.predict(X)
    pickling.join()
    for each in (alone, estimator, pickle.loads(pickles[0])):
        each.partial_fit(X, y)
        assert each.loss_curve_ == alone.loss_curve_


def test_a_network_that_cannot_be_made_costs_nothing() -> None:
    estimator, alone = unpickled(taught("adam")), taught("adam")
    with pytest.raises(ValueError, match="activation must have one element for each of the 2 hidden layers"):
        estimator.set_params(activation=["relu"]).predict(X)
    intercepts = estimator.intercepts_
    estimator.set_params(activation="relu").intercepts_ = [np.zeros(2), np.zeros(3), np.zeros(1)]
    with pytest.raises(ValueError, match="shape"):
        estimator.predict(X)
    estimator.intercepts_ = intercepts
    for each in (alone, estimator):
        each.partial_fit(X, y)
    assert estimator.loss_curve_ == alone.loss_curve_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_another_fit_forgets_what_awaited_its_network() -> None:
    once = fastmlp.MLPClassifier((4, 3), batch_size=13, random_state=1, max_iter=12).fit(X, y)
    estimator = unpickled(taught("adam")).set_params(max_iter=12).fit(X, y)
    for each in (once, estimator):
        each.coefs_ = [2 * coef for coef in each.coefs_]
        each.partial_fit(X, y)
    assert estimator.loss_curve_ == once.loss_curve_


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_fork_while_a_network_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    renewing, forked = threading.Event(), threading.Event()
    others, expected = pickle.dumps(taught("adam")), taught("adam").predict(X)

    def attach_late(*given: Any) -> Any:
        renewing.set()
        assert forked.wait(60)
        return attach(*given)

    monkeypatch.setattr("fastmlp.estimators._network_owner.attach", attach_late)
    renewal = threading.Thread(target=pickle.loads(others).predict, args=(X,))
    renewal.start()
    assert renewing.wait(60)
    monkeypatch.undo()
    child = multiprocessing.get_context("fork").Process(target=predict_the_same, args=(others, expected))
    child.start()
    child.join(60)
    forked.set()
    renewal.join()
    child.kill()  # which ends no child that has ended
    assert child.exitcode == 0


def predict_the_same(pickled: bytes, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(pickle.loads(pickled).predict(X), expected)


@pytest.mark.parametrize("wrong", [
    lambda weights: weights[:-1],
    lambda weights: [*weights, weights[0]],
    lambda weights: [*weights[:2], weights[0], *weights[3:]],
    lambda weights: [*weights[:-1], weights[-1].astype(str)],
], ids=["too few", "too many", "shapes", "words"])  # fmt: skip
def test_weights_that_do_not_fit_are_refused_as_a_whole(wrong: Callable[[Any], Any]) -> None:
    estimator = taught("adam")
    before = estimator.get_weights()
    with pytest.raises(ValueError, match="'mlp_classifier' expects"):
        estimator.set_weights(wrong([2 * array for array in before]))
    for array, expected in zip(estimator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, expected)
    estimator.set_weights([2 * array for array in before])
    np.testing.assert_array_equal(estimator.coefs_[0], 2 * before[0])


def test_parameters_changed_in_place_are_seen() -> None:
    activation, dropout = ["relu"], np.array([0.5])
    estimator = fastmlp.MLPClassifier((4,), activation=activation, dropout=dropout, max_iter=3, random_state=0)
    with pytest.warns(ConvergenceWarning):
        estimator.fit(X, y)
    relu = estimator.predict_proba(X)
    activation[0] = "tanh"
    np.testing.assert_array_equal(estimator.predict_proba(X), unpickled(estimator).predict_proba(X))
    assert np.abs(estimator.predict_proba(X) - relu).max() > 1e-3
    dropout[0] = 0.0
    without = copy.deepcopy(estimator).set_params(dropout=0.0)
    for each in (estimator, without):
        each.partial_fit(X, y)
    np.testing.assert_array_equal(estimator.coefs_[0], without.coefs_[0])


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_weights_of_integers_predict_as_scikit_learns_do(name: str) -> None:
    settings: dict[str, Any] = {"hidden_layer_sizes": (4, 3), "max_iter": 2, "random_state": 0, "tol": 0.0}
    with pytest.warns(ConvergenceWarning):
        ours = getattr(fastmlp, name)(**settings).fit(X, y)
    with pytest.warns(ConvergenceWarning):
        theirs = getattr(neural_network, name)(**settings).fit(X, y)
    for estimator in (ours, theirs):
        estimator.coefs_ = [np.round(3 * coef).astype(int) for coef in estimator.coefs_]
    predict = "predict_proba" if name == "MLPClassifier" else "predict"
    np.testing.assert_allclose(getattr(ours, predict)(X), getattr(theirs, predict)(X), rtol=1e-12)


@pytest.mark.parametrize("change", [
    lambda estimator: estimator.coefs_.pop(),
    lambda estimator: estimator.intercepts_.append(np.zeros(1)),
    lambda estimator: estimator.coefs_.__setitem__(1, np.zeros((5, 3))),
    lambda estimator: estimator.intercepts_.__setitem__(0, np.zeros(1)),
], ids=["few", "many", "kernel", "bias"])  # fmt: skip
def test_weights_that_lead_nowhere_are_refused(change: Callable[[Any], Any]) -> None:
    estimator = taught("adam")
    estimator.coefs_, estimator.intercepts_ = [*estimator.coefs_], [*estimator.intercepts_]
    change(estimator)
    with pytest.raises(ValueError, match=r"`coefs_` and `intercepts_` must have shapes .* Received: coefs_ of shapes"):
        estimator.predict(X)
