"""Each class of fastmlp.callbacks, given to an estimator."""

import csv
import json
import pickle
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV

import fastmlp
from fastmlp import callbacks
from fastmlp.optimizers import Adam

X, LABELS = load_iris(return_X_y=True)
X = X / X.max(axis=0)
NUMBERS = load_diabetes(return_X_y=True)[1][: len(X)] / 100
OWN = (X[::3], LABELS[::3])
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8,), "max_iter": 5, "random_state": 0, "tol": 0.0, "batch_size": 40}
WILD = {**SETTINGS, "learning_rate_init": 0.5, "max_iter": 100}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def fitted(*given: Any, settings: dict[str, Any] = SETTINGS, **more: Any) -> Any:
    return fastmlp.MLPClassifier(callbacks=list(given), **{**settings, **more}).fit(X, LABELS, eval_set=OWN)


def of_epoch(number: int, **more: Any) -> Any:
    """Return the estimator as it is after so many epochs."""
    return fastmlp.MLPClassifier(**{**SETTINGS, **more, "max_iter": number}).fit(X, LABELS)


def same_weights(weights: Any, expected: Any) -> None:
    for array, other in zip(weights, expected, strict=True):
        np.testing.assert_array_equal(array, other)


def csv_logger(folder: Path) -> None:
    logger = callbacks.CSVLogger(folder / "log.csv", append=True)
    model = fitted(logger).partial_fit(X, LABELS)
    with (folder / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2, 3, 4, 5]
    assert [float(row["loss"]) for row in rows] == model.loss_curve_
    assert [float(row["val_loss"]) for row in rows[:5]] == model.validation_loss_curve_


def early_stopping(folder: Path) -> None:
    kept = callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    model = fitted(kept, settings=WILD)
    best = int(np.argmin(model.validation_loss_curve_))
    assert model.n_iter_ == best + 3 < 100
    same_weights(model.get_weights(), of_epoch(best + 1, learning_rate_init=0.5).get_weights())
    scores = callbacks.EarlyStopping("score", patience=3)
    model = fitted(scores, settings=WILD, scoring="accuracy")
    assert scores.best == model.best_validation_score_
    assert model.n_iter_ == int(np.argmax(model.validation_scores_)) + 4 < 100


def history(folder: Path) -> None:
    record = callbacks.History()
    model = fitted(record)
    assert record.history == {"loss": model.loss_curve_, "val_loss": model.validation_loss_curve_}


def lambdas(folder: Path) -> None:
    seen: list[Any] = []
    hooks = {name: lambda *_, name=name: seen.append(name) for name in ("on_test_begin", "on_test_end", "on_train_end")}
    fitted(callbacks.LambdaCallback(**hooks))
    assert seen == ["on_test_begin", "on_test_end"] * 5 + ["on_train_end"]
    seen.clear()
    fastmlp.MLPClassifier(callbacks=[callbacks.LambdaCallback(**hooks)], **SETTINGS).fit(X, LABELS)
    assert seen == ["on_train_end"]


def learning_rate_scheduler(folder: Path) -> None:
    rates: list[float] = []
    given = [
        callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 / (1 + epoch)),
        callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(logs["learning_rate"])),
    ]
    fitted(*given).partial_fit(X, LABELS).partial_fit(X, LABELS)
    np.testing.assert_allclose(rates, 0.1 / np.arange(1, 8), rtol=1e-6)
    with pytest.raises(ValueError, match="LearningRateScheduler needs a solver with a learning rate"):
        fitted(*given, solver="lbfgs")


def model_checkpoint(folder: Path) -> None:
    for solver in ("adam", "lbfgs"):
        weights, models = folder / solver / "{epoch}.weights.h5", folder / solver / "{epoch}-{val_loss:.3f}.keras"
        best = folder / solver / "best.keras"
        model = fitted(
            callbacks.ModelCheckpoint(weights, save_weights_only=True),
            callbacks.ModelCheckpoint(models),
            callbacks.ModelCheckpoint(best, save_best_only=True),
            solver=solver,
        )
        third = of_epoch(3, solver=solver)
        empty = model.to_keras()
        empty.load_weights(folder / solver / "3.weights.h5")
        same_weights(empty.get_weights(), third.get_weights())
        loaded = fastmlp.models.load_model(folder / solver / f"3-{model.validation_loss_curve_[2]:.3f}.keras")
        np.testing.assert_array_equal(loaded.predict(X, verbose=0), third.predict_proba(X))
        best_one = of_epoch(int(np.argmin(model.validation_loss_curve_)) + 1, solver=solver)
        same_weights(fastmlp.models.load_model(best).get_weights(), best_one.get_weights())
    by_batch = callbacks.ModelCheckpoint(folder / "{batch}.h5", save_freq=3)
    model = fastmlp.MLPRegressor(dropout=0.5, callbacks=[by_batch], **SETTINGS).fit(X, NUMBERS)
    assert fastmlp.models.load_model(folder / "3.h5").name == "mlp_regressor"
    outer = [type(layer).__name__ for layer in fastmlp.models.load_model(folder / "3.h5").layers]
    assert outer == ["Dense", "Dropout", "Dense", "Activation"]


def progress(folder: Path) -> None:
    """What it prints is tested beside."""
    fitted(callbacks.ProgbarLogger())


def reduce_on_plateau(folder: Path) -> None:
    record = callbacks.History()
    model = fitted(callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=10.0, factor=0.5), record)
    np.testing.assert_allclose(record.history["learning_rate"], 0.001 / 2.0 ** np.array([0, 0, 1, 2, 3]), rtol=1e-6)
    assert model.n_iter_ == 5
    with pytest.raises(ValueError, match="ReduceLROnPlateau needs a solver with a learning rate"):
        fitted(callbacks.ReduceLROnPlateau(), solver="lbfgs")


def remote_monitor(folder: Path) -> None:
    received: list[Any] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        root = f"http://127.0.0.1:{server.server_port}"
        model = fitted(callbacks.RemoteMonitor(root, send_as_json=True), max_iter=2)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert [each["epoch"] for each in received] == [0, 1]
    assert [each["val_loss"] for each in received] == model.validation_loss_curve_


def swap(folder: Path) -> None:
    """Rows for validation are judged with the averages, and so are those weights the best ones."""
    averaging = {"solver": Adam(0.05, use_ema=True, ema_momentum=0.8)}
    model = fitted(callbacks.SwapEMAWeights(), **averaging, restore_best=True)
    averages = [of_epoch(number, **averaging) for number in range(1, 6)]  # a fit ends with them
    losses = [loss_of(each) for each in averages]
    np.testing.assert_allclose(model.validation_loss_curve_, losses, rtol=1e-12)
    same_weights(model.get_weights(), averages[int(np.argmin(losses))].get_weights())
    for number in (3, 5):
        kept: list[Any] = []
        keeper = callbacks.LambdaCallback()
        keeper.on_epoch_end = lambda epoch, logs=None, to=kept, by=keeper: to.append(by.model.get_weights())
        fitted(callbacks.SwapEMAWeights(swap_on_epoch=True), keeper, **averaging)
        same_weights(kept[number - 1], averages[number - 1].get_weights())
    for solver in ("adam", "lbfgs"):
        with pytest.raises(ValueError, match="SwapEMAWeights needs a solver that is an optimizer with use_ema=True"):
            fitted(callbacks.SwapEMAWeights(), solver=solver)


def loss_of(model: Any) -> float:
    probabilities = model.predict_proba(OWN[0])[np.arange(len(OWN[1])), OWN[1]]
    return float(-np.log(probabilities).mean())


def tensorboard(folder: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    for solver in ("adam", "lbfgs"):
        logger = callbacks.TensorBoard(
            folder / solver, histogram_freq=1, write_images=True, write_steps_per_second=True, update_freq=2
        )
        model = fitted(logger, solver=solver)
        curves = {}
        for part in ("train", "validation"):
            events = accumulator.EventAccumulator(str(folder / solver / part)).Reload()
            tags = events.Tags()["tensors"]
            curves |= {
                (part, tag): [each.tensor_proto.float_val[0] for each in events.Tensors(tag)]
                for tag in tags
                if tag.startswith("epoch_")
            }
            assert part == "validation" or {"keras", "mlp_classifier/dense_0/kernel/histogram"} <= {*tags}, tags
        np.testing.assert_allclose(curves["train", "epoch_loss"], model.loss_curve_, rtol=1e-6)
        np.testing.assert_allclose(curves["validation", "epoch_loss"], model.validation_loss_curve_, rtol=1e-6)
        assert (("train", "epoch_learning_rate") in curves) == (solver == "adam")


def terminate_on_nan(folder: Path) -> None:
    settings = {**SETTINGS, "learning_rate_init": 1e200, "solver": "sgd"}
    seen: list[int] = []
    given = [callbacks.TerminateOnNaN(), callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))]
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        fastmlp.MLPRegressor(callbacks=given, **settings).fit(X, NUMBERS)
    assert seen == [0]


def backup(folder: Path) -> None:
    with pytest.raises(ValueError, match="BackupAndRestore interrupts and resumes the fit of a model, not of an est"):
        fitted(callbacks.BackupAndRestore(folder / "backup"))
    assert not (folder / "backup").exists()


def members(folder: Path) -> None:
    record = callbacks.History()
    assert len(fitted(callbacks.CallbackList([callbacks.TerminateOnNaN(), record])).loss_curve_) == 5
    assert len(record.epoch) == 5
    fitted(callbacks.Callback())


CHECKS: dict[str, Callable[[Path], None]] = {
    "BackupAndRestore": backup,
    "CSVLogger": csv_logger,
    "Callback": members,
    "CallbackList": members,
    "EarlyStopping": early_stopping,
    "History": history,
    "LambdaCallback": lambdas,
    "LearningRateScheduler": learning_rate_scheduler,
    "ModelCheckpoint": model_checkpoint,
    "ProgbarLogger": progress,
    "ReduceLROnPlateau": reduce_on_plateau,
    "RemoteMonitor": remote_monitor,
    "SwapEMAWeights": swap,
    "TensorBoard": tensorboard,
    "TerminateOnNaN": terminate_on_nan,
}


@pytest.mark.parametrize("name", callbacks.__all__)
def test_own(name: str, tmp_path: Path) -> None:
    CHECKS[name](tmp_path)


def test_the_model() -> None:
    """It is the network itself: what callbacks do to its weights is done to the estimator."""
    seen: list[Any] = []

    class Halves(callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            model = self.model
            np.testing.assert_array_equal(model.predict(X, verbose=0), model.estimator.predict_proba(X))
            model.set_weights([array / 2 for array in model.get_weights()])
            seen.append([model.estimator.coefs_[1].copy(), model.layers[-2].kernel.numpy(), model.name])

    model = fitted(Halves(), max_iter=2)
    for coefs, kernel, name in seen:
        np.testing.assert_array_equal(coefs, kernel)
        assert name == "mlp_classifier"
    np.testing.assert_array_equal(model.coefs_[1], seen[-1][0])


def test_copies() -> None:
    """Of an estimator that was fitted with callbacks."""
    model = fitted(callbacks.EarlyStopping("loss", patience=1), callbacks.History())
    for other in (clone(model).fit(X, LABELS), pickle.loads(pickle.dumps(model)).fit(X, LABELS)):
        same_weights(other.get_weights(), model.get_weights())
    search = GridSearchCV(model, {"alpha": [0.0, 0.1]}, cv=2, n_jobs=2).fit(X, LABELS)
    assert search.best_estimator_.n_iter_ == 5
