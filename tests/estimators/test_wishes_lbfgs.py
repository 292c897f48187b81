"""L-BFGS that is watched: its iterations are those of shorter fits, which nobody watched."""

import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.metrics import balanced_accuracy_score, log_loss

import fastmlp
from fastmlp import callbacks
from fastmlp.callbacks import Callback

X, LABELS = load_iris(return_X_y=True)
X = X / X.max(axis=0)
NUMBERS = load_diabetes(return_X_y=True)[1][: len(X)] / 100
TRAIN, TEST = np.arange(len(X)) % 3 > 0, np.arange(len(X)) % 3 == 0
WEIGHTS = np.random.default_rng(0).uniform(0, 2, len(X))
SETTINGS: dict[str, Any] = {"solver": "lbfgs", "hidden_layer_sizes": (8,), "max_iter": 6, "random_state": 0}
OWN = (X[TEST], LABELS[TEST], WEIGHTS[TEST])

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def unwatched(iterations: int, cls: Any = fastmlp.MLPClassifier, y: Any = LABELS, **settings: Any) -> Any:
    return cls(**{**SETTINGS, **settings, "max_iter": iterations}).fit(X[TRAIN], y[TRAIN])


class Stop(Callback):
    """Stops behind an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = epoch == self.epoch


def same_weights(model: Any, other: Any) -> None:
    for array, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_curves() -> None:
    model = fastmlp.MLPClassifier(scoring="balanced_accuracy", **SETTINGS)
    model.fit(X[TRAIN], LABELS[TRAIN], eval_set=OWN)
    shorter = [unwatched(number) for number in range(1, 7)]
    assert model.loss_curve_ == [each.loss_ for each in shorter]
    assert model.loss_ == model.best_loss_ == model.loss_curve_[-1]
    expected = [log_loss(LABELS[TEST], each.predict_proba(X[TEST]), sample_weight=WEIGHTS[TEST]) for each in shorter]
    np.testing.assert_allclose(model.validation_loss_curve_, expected, rtol=1e-10)
    assert model.best_validation_loss_ == min(model.validation_loss_curve_)
    expected = [
        balanced_accuracy_score(LABELS[TEST], each.predict(X[TEST]), sample_weight=WEIGHTS[TEST]) for each in shorter
    ]
    np.testing.assert_allclose(model.validation_scores_, expected, rtol=1e-12)
    same_weights(model, shorter[-1])
    assert model.n_iter_ == 6
    assert model.t_ == 0


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_nothing_else_is_known_of_it_than_in_scikit_learn(kind: str) -> None:
    settings = {**SETTINGS, "early_stopping": True}  # which means nothing to it
    y = LABELS if kind == "MLPClassifier" else NUMBERS
    ours, theirs = (getattr(module, kind)(**settings).fit(X, y) for module in (fastmlp, neural_network))
    public = [{name for name in vars(each) if name.endswith("_") and name[0] != "_"} for each in (ours, theirs)]
    assert public[0] == public[1]
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-8)
    watched = getattr(fastmlp, kind)(**settings).fit(X, y, eval_set=(X, y))
    same_weights(watched, ours)
    assert watched.validation_scores_ is None


def test_restored_is_the_best_iteration() -> None:
    """Few rows are soon learnt by heart."""
    x = np.random.default_rng(0).normal(size=(60, 5))
    y = x[:, 0] + np.random.default_rng(1).normal(size=60)
    settings = {**SETTINGS, "max_iter": 40}
    cases: list[tuple[str | None, Callable[[Any], int]]] = [
        (None, lambda m: int(np.argmin(m.validation_loss_curve_))),
        ("neg_mean_absolute_error", lambda m: int(np.argmax(m.validation_scores_))),
    ]
    for scoring, best in cases:
        model = fastmlp.MLPRegressor(restore_best=True, scoring=scoring, **settings)
        model.fit(x[:30], y[:30], eval_set=(x[30:], y[30:]))
        assert best(model) < 20
        shorter = fastmlp.MLPRegressor(**{**settings, "max_iter": best(model) + 1}).fit(x[:30], y[:30])
        same_weights(model, shorter)
        assert len(model.loss_curve_) == model.n_iter_ == 40


def test_callbacks_stop_it_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fastmlp.MLPClassifier(callbacks=[Stop(2)], **SETTINGS).fit(X[TRAIN], LABELS[TRAIN])
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert model.loss_ == model.loss_curve_[-1]
    same_weights(model, unwatched(3))


def test_weights_of_a_callback_that_stops_it() -> None:
    x = np.random.default_rng(0).normal(size=(60, 5))
    y = x[:, 0] + np.random.default_rng(1).normal(size=60)
    kept = callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    model = fastmlp.MLPRegressor(callbacks=[kept], **{**SETTINGS, "max_iter": 100})
    model.fit(x[:30], y[:30], eval_set=(x[30:], y[30:]))
    best = int(np.argmin(model.validation_loss_curve_))
    assert model.n_iter_ == best + 3 < 100
    same_weights(model, fastmlp.MLPRegressor(**{**SETTINGS, "max_iter": best + 1}).fit(x[:30], y[:30]))


def test_what_callbacks_are_told() -> None:
    lines: list[Any] = []

    class Diary(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            lines.append(epoch)

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            lines.append("batch")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            lines.append((batch, logs["loss"]))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            lines.append(dict(logs))

        def on_train_end(self, logs: Any = None) -> None:
            lines.append(dict(logs))

    diary = Diary()
    model = fastmlp.MLPClassifier(callbacks=[diary], **SETTINGS).fit(X[TRAIN], LABELS[TRAIN], eval_set=OWN)
    curves = zip(model.loss_curve_, model.validation_loss_curve_, strict=True)
    logs = [{"loss": loss, "val_loss": val_loss} for loss, val_loss in curves]
    expected = [[epoch, "batch", (0, each["loss"]), each] for epoch, each in enumerate(logs)]
    assert lines == [*(line for epoch in expected for line in epoch), logs[-1]]
    assert diary.params["epochs"] == 6
    assert diary.params["steps"] == 1


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    given = {"callbacks": [callbacks.ProgbarLogger()], "verbose": True}
    model = fastmlp.MLPClassifier(**given, **SETTINGS).fit(X, LABELS, eval_set=OWN)
    printed = capsys.readouterr().out
    assert f"150/150 [{'=' * 30}]" in printed
    assert (
        f"Iteration 3, loss = {model.loss_curve_[2]:.8f}\nValidation loss: {model.validation_loss_curve_[2]:.8f}"
        in printed
    )


def test_it_ends_by_itself() -> None:
    for tol in (0.05, 1e9):  # the latter is fulfilled before the first iteration
        settings = {**SETTINGS, "tol": tol, "max_iter": 500}
        plain = fastmlp.MLPClassifier(**settings).fit(X, LABELS)
        model = fastmlp.MLPClassifier(**settings).fit(X, LABELS, eval_set=OWN)
        assert model.n_iter_ == len(model.loss_curve_) == plain.n_iter_ < 500
        same_weights(model, plain)


def test_float32_rows() -> None:
    rows = X.astype(np.float32)
    model = fastmlp.MLPRegressor(**SETTINGS).fit(rows, NUMBERS, eval_set=(rows, NUMBERS.astype(np.float32)))
    np.testing.assert_allclose(model.validation_loss_curve_, model.loss_curve_, rtol=1e-3)  # which have the penalty


def test_warm_starts_go_on_with_the_curve() -> None:
    model = fastmlp.MLPClassifier(warm_start=True, **SETTINGS).fit(X, LABELS)  # without a curve
    for length in (6, 12):
        model.fit(X, LABELS, eval_set=OWN)
        assert len(model.loss_curve_) == len(model.validation_loss_curve_) == length
    model = pickle.loads(pickle.dumps(model)).set_params(solver="adam", max_iter=2).fit(X, LABELS, eval_set=OWN)
    assert len(model.loss_curve_) == len(model.validation_loss_curve_) == 14
    model.set_params(solver="lbfgs", warm_start=False).fit(X, LABELS, eval_set=OWN)
    assert len(model.loss_curve_) == len(model.validation_loss_curve_) == 2
    plain = fastmlp.MLPClassifier(warm_start=True, **SETTINGS).fit(X, LABELS)
    assert len(plain.set_params(solver="sgd").fit(X, LABELS).loss_curve_) == 6


def test_there_is_no_rate_of_learning() -> None:
    rates = callbacks.LearningRateScheduler(lambda epoch: 0.1)
    with pytest.raises(ValueError, match="LearningRateScheduler needs a solver with a learning rate"):
        fastmlp.MLPClassifier(callbacks=[rates], **SETTINGS).fit(X, LABELS)


def test_probabilities_of_float32_rows_are_cut_off_where_scikit_learns_are() -> None:
    """Raw rows: most probabilities are 0 or 1, and the loss is little but the logarithms of where they are cut off."""
    raw, labels = load_breast_cancer(return_X_y=True)
    raw = raw.astype(np.float32)
    settings: dict[str, Any] = {
        "solver": "lbfgs",
        "hidden_layer_sizes": (26,),
        "max_iter": 2,
        "random_state": 419537914,
    }
    ours = fastmlp.MLPClassifier(**settings).fit(raw, labels)
    theirs = neural_network.MLPClassifier(**settings).fit(raw, labels)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-4)
    exact = fastmlp.MLPClassifier(**settings).fit(raw.astype(float), labels)
    assert exact.loss_ > 1.5 * ours.loss_
