"""Rows for validation, scorers and the best epoch: judged again from the weights of each epoch."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn import neural_network
from sklearn.datasets import load_diabetes, load_iris
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss, make_scorer, mean_absolute_error
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import fastmlp

X, LABELS = load_iris(return_X_y=True)
X = X / X.max(axis=0)
NAMES = np.array(["a", "b", "c"])[LABELS]
NUMBERS = np.stack(load_diabetes(return_X_y=True)[1:] * 2, axis=1)[: len(X)] / 100
TRAIN, TEST = np.arange(len(X)) % 3 > 0, np.arange(len(X)) % 3 == 0
WEIGHTS = np.random.default_rng(0).uniform(0, 2, len(X))
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 6, "random_state": 0, "tol": 0.0}
OWN = (X[TEST], LABELS[TEST])

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Weights(fastmlp.callbacks.Callback):
    """Keeps the weights of each epoch."""

    def on_train_begin(self, logs: Any = None) -> None:
        self.all: list[list[np.ndarray]] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.all.append(self.model.get_weights())


def with_weights(model: Any, weights: list[np.ndarray]) -> Any:
    model.set_weights(weights)
    return model


def test_validation_loss_of_a_classifier() -> None:
    kept = Weights()
    model = fastmlp.MLPClassifier(callbacks=[kept], alpha=0.5, dropout=0.2, **SETTINGS)
    model.fit(X[TRAIN], NAMES[TRAIN], eval_set=(X[TEST], NAMES[TEST], WEIGHTS[TEST]))
    expected = [
        log_loss(NAMES[TEST], with_weights(model, weights).predict_proba(X[TEST]), sample_weight=WEIGHTS[TEST])
        for weights in kept.all
    ]
    np.testing.assert_allclose(model.validation_loss_curve_, expected, rtol=1e-10)
    assert model.best_validation_loss_ == min(model.validation_loss_curve_)
    assert model.validation_scores_ is None


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "quantile"])
@pytest.mark.parametrize("rows", [np.asarray, csr_array], ids=["dense", "csr"])
def test_validation_loss_of_a_regressor(loss: str, rows: Any) -> None:
    kept = Weights()
    many = np.tile(X, (8, 1))  # 1,200 rows, more than the engine takes at once
    model = fastmlp.MLPRegressor(loss, callbacks=[kept], quantile=0.5, **SETTINGS)
    model.fit(rows(X), NUMBERS, eval_set=(rows(many), np.tile(NUMBERS, (8, 1))))
    power, factor = (2, 0.5) if loss == "squared_error" else (1, 0.5 if loss == "quantile" else 1)
    expected = [
        factor * (np.abs(with_weights(model, weights).predict(X) - NUMBERS) ** power).mean() for weights in kept.all
    ]
    np.testing.assert_allclose(model.validation_loss_curve_, expected, rtol=1e-10)


def test_a_validation_set_changes_nothing_else() -> None:
    model = fastmlp.MLPClassifier(**SETTINGS).fit(X, LABELS, eval_set=OWN)
    theirs = neural_network.MLPClassifier(**SETTINGS).fit(X, LABELS)
    np.testing.assert_allclose(model.loss_curve_, theirs.loss_curve_, rtol=1e-12)
    assert model.n_iter_ == theirs.n_iter_
    plain = fastmlp.MLPClassifier(**SETTINGS).fit(X, LABELS)
    assert plain.validation_loss_curve_ is None
    assert plain.best_validation_loss_ is None


@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_early_stopping_with_rows_of_ones_own(name: str) -> None:
    """The rows that scikit-learn would hold out, given by hand, stop at the same epoch with the same scores."""
    y = LABELS if name == "MLPClassifier" else NUMBERS[:, 0]
    settings = {**SETTINGS, "max_iter": 200, "early_stopping": True, "n_iter_no_change": 3, "learning_rate_init": 0.02}
    settings["shuffle"] = False
    theirs = getattr(neural_network, name)(**settings).fit(X, y, WEIGHTS)
    random = np.random.RandomState(0)
    for coef, intercept in zip(theirs.coefs_, theirs.intercepts_, strict=True):
        random.uniform(size=coef.size + intercept.size)
    x_train, x_test, y_train, y_test, w_train, w_test = train_test_split(
        X, y, WEIGHTS, random_state=random, test_size=0.1
    )
    ours = getattr(fastmlp, name)(**settings).fit(x_train, y_train, w_train, eval_set=(x_test, y_test, w_test))
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-9)
    np.testing.assert_allclose(ours.best_validation_score_, theirs.best_validation_score_, rtol=1e-9)
    for array, expected in zip(ours.coefs_, theirs.coefs_, strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-6, atol=1e-9)
    assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.parametrize(
    ("scoring", "truth"),
    [
        ("balanced_accuracy", lambda m, x, y: balanced_accuracy_score(y, m.predict(x))),
        ("neg_log_loss", lambda m, x, y: -log_loss(y, m.predict_proba(x))),
        (make_scorer(accuracy_score), lambda m, x, y: accuracy_score(y, m.predict(x))),
        (lambda m, x, y: float((m.predict(x) == y)[:7].mean()), lambda m, x, y: (m.predict(x) == y)[:7].mean()),
    ],
)
def test_scorers(scoring: Any, truth: Any) -> None:
    kept = Weights()
    model = fastmlp.MLPClassifier(scoring=scoring, callbacks=[kept], **SETTINGS)
    model.fit(X[TRAIN], NAMES[TRAIN], eval_set=(X[TEST], NAMES[TEST]))
    expected = [truth(with_weights(model, weights), X[TEST], NAMES[TEST]) for weights in kept.all]
    np.testing.assert_allclose(model.validation_scores_, expected, rtol=1e-9)
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_scorers_of_rows_held_out() -> None:
    """A frame keeps its names on the way to the scorer; accuracy is what the score is anyway."""
    frame = pd.DataFrame(X, columns=list("wxyz"))
    settings = {**SETTINGS, "early_stopping": True, "max_iter": 30}
    plain = fastmlp.MLPClassifier(**settings).fit(frame, NAMES, WEIGHTS)
    scored = fastmlp.MLPClassifier(scoring="accuracy", **settings).fit(frame, NAMES, WEIGHTS)
    np.testing.assert_allclose(scored.validation_scores_, plain.validation_scores_, rtol=1e-12)
    regressor = fastmlp.MLPRegressor(scoring="neg_mean_absolute_error", **settings).fit(frame, NUMBERS)
    assert max(regressor.validation_scores_) < 0


@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")  # of DIA
@pytest.mark.parametrize("form", ["coo", "dia", "bsr", "csc", "lil", "dok"])
def test_scorers_of_sparse_rows_in_any_form(form: str) -> None:
    settings = {**SETTINGS, "early_stopping": True, "scoring": "neg_log_loss"}
    expected = fastmlp.MLPClassifier(**settings).fit(csr_array(X), LABELS, WEIGHTS)
    got = fastmlp.MLPClassifier(**settings).fit(csr_array(X).asformat(form), LABELS, WEIGHTS)
    np.testing.assert_allclose(got.validation_scores_, expected.validation_scores_, rtol=1e-12)
    given = fastmlp.MLPClassifier(scoring="neg_log_loss", **SETTINGS)
    given.fit(X, LABELS, eval_set=(csr_array(X).asformat(form), LABELS))
    assert len(given.validation_scores_) == given.n_iter_


def test_restored_is_the_best_epoch() -> None:
    kept = Weights()
    x = np.random.default_rng(0).normal(size=(60, 5))
    y = x[:, 0] + np.random.default_rng(1).normal(size=60)
    settings = {**SETTINGS, "solver": "sgd", "learning_rate_init": 0.1, "max_iter": 40, "n_iter_no_change": np.inf}
    settings["batch_size"] = 4  # so that the loss goes up and down
    cases: list[dict[str, Any]] = [{}, {"eval_set": (x[40:], y[40:])}]
    for given in cases:
        for scoring in (None, "neg_mean_absolute_error"):
            model = fastmlp.MLPRegressor(callbacks=[kept], restore_best=True, scoring=scoring, **settings)
            model.fit(x[:40], y[:40], **given)
            if given and scoring:
                best = int(np.argmax(model.validation_scores_))
                errors = mean_absolute_error(y[40:], model.predict(x[40:]))
                np.testing.assert_allclose(-errors, model.best_validation_score_)
            else:
                best = int(np.argmin(model.validation_loss_curve_ if given else model.loss_curve_))
            for array, expected in zip(model.get_weights(), kept.all[best], strict=True):
                np.testing.assert_array_equal(array, expected)
            assert best < 39
            last = fastmlp.MLPRegressor(**settings).fit(x[:40], y[:40])
            np.testing.assert_array_equal(last.coefs_[0], kept.all[-1][0])


def test_restored_in_a_warm_start_is_the_best_of_that_call() -> None:
    kept = Weights()
    settings = {**SETTINGS, "warm_start": True, "solver": "sgd", "learning_rate_init": 0.3}
    model = fastmlp.MLPRegressor(**settings).fit(X, NUMBERS)
    model.set_params(restore_best=True, callbacks=[kept], learning_rate_init=5.0, max_iter=3)
    with np.errstate(over="ignore", invalid="ignore"):
        model.fit(X, NUMBERS)
    best = int(np.nanargmin(model.loss_curve_[-3:]))
    np.testing.assert_array_equal(model.coefs_[0], kept.all[best][0])


def test_numbers_that_run_away_are_not_restored() -> None:
    """Where no epoch ends with a number, the weights before the first one stay."""
    settings = {**SETTINGS, "solver": "sgd", "learning_rate_init": 1e200, "restore_best": True, "max_iter": 50}
    with np.errstate(all="ignore"):
        model = fastmlp.MLPRegressor(**settings).fit(X, NUMBERS * 1e200)
    assert model.n_iter_ < 50
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


def test_warm_starts_go_on_with_the_curve() -> None:
    model = fastmlp.MLPClassifier(warm_start=True, **SETTINGS).fit(X, LABELS, eval_set=OWN).fit(X, LABELS, eval_set=OWN)
    assert len(model.validation_loss_curve_) == len(model.loss_curve_) == 12
    model.set_params(warm_start=False).fit(X, LABELS, eval_set=OWN)
    assert len(model.validation_loss_curve_) == 6


def test_a_validation_set_is_routed() -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        model = fastmlp.MLPClassifier(**SETTINGS).set_fit_request(eval_set=True, sample_weight=True)
        pipe = make_pipeline(MinMaxScaler(), model).fit(X, LABELS, eval_set=OWN, sample_weight=WEIGHTS)
        assert len(pipe[-1].validation_loss_curve_) == 6
        result = cross_validate(model, X, LABELS, cv=2, return_estimator=True, params={"eval_set": OWN})
        assert all(len(each.validation_loss_curve_) == 6 for each in result["estimator"])


def test_bad_validation_sets() -> None:
    model = fastmlp.MLPClassifier(**SETTINGS)
    with pytest.raises(ValueError, match=r"eval_set must be \(X, y\) or \(X, y, sample_weight\)"):
        model.fit(X, LABELS, eval_set=X)
    with pytest.raises(ValueError, match=r"`y` has classes not in `self\.classes_`"):
        model.fit(X, LABELS, eval_set=(X, LABELS + 1))
    with pytest.raises(ValueError, match="X has 2 features, but MLPClassifier is expecting 4"):
        model.fit(X, LABELS, eval_set=(X[:, :2], LABELS))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, LABELS, eval_set=(X, LABELS[:-1]))
    with pytest.raises(ValueError, match="The targets in eval_set must have 2 columns"):
        fastmlp.MLPRegressor(**SETTINGS).fit(X, NUMBERS, eval_set=(X, NUMBERS[:, 0]))
    labels = np.stack([LABELS > 0, LABELS > 1], axis=1).astype(int)
    with pytest.raises(ValueError, match="The targets in eval_set must have 2 columns"):
        model.fit(X, labels, eval_set=(X, labels[:, 0]))
    with pytest.raises(ValueError, match="The 'scoring' parameter of MLPClassifier must be"):
        fastmlp.MLPClassifier(scoring="beauty").fit(X, LABELS)
