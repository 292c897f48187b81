"""Callbacks of both kinds: fastmlp's, whose model is the estimator, and scikit-learn's protocol."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV

import fastmlp
from fastmlp.callbacks import Callback

X, LABELS = load_iris(return_X_y=True)
X = X / X.max(axis=0)
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0, "tol": 0.0, "batch_size": 40}
OWN = (X[::3], LABELS[::3])

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Diary(Callback):
    """Writes down what it is told."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop = stop
        self.lines: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.lines = [("begin", self.model.estimator, dict(self.params))]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.lines.append(epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.lines.append(dict(logs))
        if epoch == self.stop:
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        self.lines.append(("end", dict(logs)))


def test_what_they_are_told() -> None:
    diary = Diary()
    model = fastmlp.MLPClassifier(callbacks=[diary], early_stopping=True, **SETTINGS).fit(X, LABELS, eval_set=OWN)
    begin, *epochs, end = diary.lines
    assert begin == ("begin", model, {"epochs": 5, "steps": 4, "verbose": 0})
    assert diary.model is None  # it would be in each copy and pickle of the estimator
    assert epochs[::2] == [0, 1, 2, 3, 4]
    assert [logs["loss"] for logs in epochs[1::2]] == model.loss_curve_
    assert [logs["val_loss"] for logs in epochs[1::2]] == model.validation_loss_curve_
    assert [logs["score"] for logs in epochs[1::2]] == model.validation_scores_
    assert end == ("end", epochs[-1])
    plain = fastmlp.MLPClassifier(callbacks=diary, **SETTINGS).fit(X, LABELS)
    assert diary.lines[-1] == ("end", {"loss": plain.loss_})


def test_partial_fit_goes_on_counting() -> None:
    diary = Diary()
    model = fastmlp.MLPClassifier(callbacks=[diary], **SETTINGS)
    for number in range(3):
        model.partial_fit(X, LABELS, classes=[0, 1, 2])
        logs = {"loss": model.loss_}
        begin = ("begin", model, {"epochs": number + 1, "steps": 4, "verbose": 0})
        assert diary.lines == [begin, number, logs, ("end", logs)]
    model.fit(X, LABELS)
    assert diary.lines[1] == 0
    model.partial_fit(X, LABELS)
    assert diary.lines[1] == 5
    silent = fastmlp.MLPClassifier(**SETTINGS).fit(X, LABELS).partial_fit(X, LABELS)
    assert silent.loss_curve_ == model.loss_curve_


def test_partial_fit_stops_behind_a_batch() -> None:
    class Second(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = batch == 1

    model = fastmlp.MLPClassifier(callbacks=[Second()], shuffle=False, **SETTINGS)
    model.partial_fit(X, LABELS, classes=[0, 1, 2])
    first = fastmlp.MLPClassifier(**{**SETTINGS, "shuffle": False}).partial_fit(X[:80], LABELS[:80], classes=[0, 1, 2])
    np.testing.assert_array_equal(model.coefs_[0], first.coefs_[0])
    assert model.t_ == first.t_


def test_stopping() -> None:
    model = fastmlp.MLPClassifier(callbacks=[Diary(stop=2)], **SETTINGS).fit(X, LABELS)
    assert model.n_iter_ == 3
    assert clone(model).fit(X, LABELS).n_iter_ == 3
    assert model.fit(X, LABELS).n_iter_ == 3
    whole = fastmlp.MLPClassifier(**SETTINGS).fit(X, LABELS)
    assert model.loss_curve_ == whole.loss_curve_[:3]


def test_batches() -> None:
    losses: list[float] = []

    class Batches(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            losses.append(logs["loss"])

    model = fastmlp.MLPClassifier(callbacks=[Batches()], **SETTINGS).fit(X, LABELS)
    whole = fastmlp.MLPClassifier(**SETTINGS).fit(X, LABELS)
    assert len(losses) == 20
    np.testing.assert_allclose(losses[3::4], whole.loss_curve_, rtol=1e-14)
    np.testing.assert_array_equal(model.predict_proba(X), whole.predict_proba(X))


def test_what_is_no_callback() -> None:
    with pytest.raises(TypeError, match="`callbacks` must be instances of"):
        fastmlp.MLPClassifier(callbacks=[print]).fit(X, LABELS)
    with pytest.raises(ValueError, match="The 'callbacks' parameter of MLPClassifier must be"):
        fastmlp.MLPClassifier(callbacks=3).fit(X, LABELS)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_error_as_training_begins(solver: str) -> None:
    class Broken(Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            raise RuntimeError("no room")

    class Open(Callback):
        closed = False

        def close(self) -> None:
            self.closed = True

    first, history = Open(), fastmlp.callbacks.History()
    with pytest.raises(RuntimeError, match="no room"):
        fastmlp.MLPClassifier(solver=solver, max_iter=2, callbacks=[first, history, Broken()]).fit(X, LABELS)
    assert first.model is None
    assert history.model is None
    assert first.closed


# ---- scikit-learn's protocol ----


class Monitor:
    """A FitCallback of scikit-learn 1.9."""

    def __init__(self, stop: int | None = None) -> None:
        self.stop = stop
        self.lines: list[Any] = []
        self.fitted: list[Any] = []

    def setup(self, estimator: Any, context: Any) -> None:
        self.lines.append("setup")

    def teardown(self, estimator: Any, context: Any) -> None:
        self.lines.append("teardown")

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.lines.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any,
        y: Any,
        metadata: Any,
        fitted_estimator: Any,
    ) -> bool:
        self.lines.append(("end", context.task_name, context.task_id))
        self.given = (X, y, metadata)
        if context.task_name == "epoch":
            self.fitted.append(fitted_estimator)
        return context.task_name == "epoch" and context.task_id == self.stop


def test_protocol() -> None:
    pytest.importorskip("sklearn.callback")
    monitor = Monitor(stop=2)
    weights = np.linspace(0.5, 2, len(X))
    model = fastmlp.MLPClassifier(**SETTINGS).set_callbacks(monitor).fit(X, LABELS, weights)
    epochs = [(moment, "epoch", number) for number in range(3) for moment in ("begin", "end")]
    assert monitor.lines == ["setup", ("begin", "fit", 0), *epochs, ("end", "fit", 0), "teardown"]
    assert monitor.given[0] is X
    np.testing.assert_array_equal(monitor.given[2]["sample_weight"], weights)
    for number, fitted in enumerate(monitor.fitted):
        shorter = fastmlp.MLPClassifier(**{**SETTINGS, "max_iter": number + 1}).fit(X, LABELS, weights)
        np.testing.assert_array_equal(fitted.predict_proba(X), shorter.predict_proba(X))
        assert fitted.loss_curve_ == shorter.loss_curve_
    assert model.n_iter_ == 3
    monitor = Monitor()
    model.set_callbacks(monitor)
    for _ in range(2):
        monitor.lines = []
        model.partial_fit(X, LABELS)
        epoch = [("begin", "epoch", 0), ("end", "epoch", 0)]
        assert monitor.lines == ["setup", ("begin", "fit", 0), *epoch, ("end", "fit", 0), "teardown"]


def test_protocol_of_lbfgs() -> None:
    """An iteration stands for an epoch."""
    pytest.importorskip("sklearn.callback")
    monitor = Monitor(stop=2)
    model = fastmlp.MLPClassifier(solver="lbfgs", **SETTINGS).set_callbacks(monitor).fit(X, LABELS)
    epochs = [(moment, "epoch", number) for number in range(3) for moment in ("begin", "end")]
    assert monitor.lines == ["setup", ("begin", "fit", 0), *epochs, ("end", "fit", 0), "teardown"]
    for number, fitted in enumerate(monitor.fitted):
        shorter = fastmlp.MLPClassifier(solver="lbfgs", **{**SETTINGS, "max_iter": number + 1}).fit(X, LABELS)
        np.testing.assert_array_equal(fitted.predict_proba(X), shorter.predict_proba(X))
    assert model.n_iter_ == 3


def test_torn_down_after_an_error() -> None:
    pytest.importorskip("sklearn.callback")
    monitor = Monitor()
    with pytest.raises(ValueError, match="eval_set must be"):
        fastmlp.MLPClassifier(**SETTINGS).set_callbacks(monitor).fit(X, LABELS, eval_set=X)
    assert monitor.lines == []

    class Broken(Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fastmlp.MLPClassifier(callbacks=[Broken()], **SETTINGS).set_callbacks(monitor).fit(X, LABELS)
    assert monitor.lines[0] == "setup"
    assert monitor.lines[-1] == "teardown"
    with pytest.raises(TypeError, match="callbacks must be instances following the FitCallback protocol"):
        fastmlp.MLPClassifier().set_callbacks(3)


def test_scikit_learns_own() -> None:
    sklearn_callbacks = pytest.importorskip("sklearn.callback")
    monitor = sklearn_callbacks.ScoringMonitor(scoring="accuracy")
    model = fastmlp.MLPClassifier(**SETTINGS).set_callbacks(monitor).fit(X, LABELS)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 5
    assert scores[-1] == model.score(X, LABELS)


def test_in_a_search() -> None:
    pytest.importorskip("sklearn.callback")
    monitor = Monitor()
    search = GridSearchCV(fastmlp.MLPClassifier(**SETTINGS).set_callbacks(monitor), {"alpha": [0.0, 0.1]}, cv=2)
    search.fit(X, LABELS)
    assert search.best_estimator_.n_iter_ == 5
