from typing import Any

import numpy as np
import pytest
from callback_driver import Model, driven, random_history

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import EarlyStopping

STATE = ["best", "best_epoch", "best_weights", "stopped_epoch", "wait"]


def arguments_of(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "min_delta": float(rng.choice([0, 0.125, -0.25])),
        "patience": int(rng.integers(0, 4)),
        "verbose": 1,
        "mode": str(rng.choice(["auto", "min", "max"])),
        "baseline": rng.choice([None, 0.25, 0.5]),
        "restore_best_weights": bool(rng.integers(2)),
        "start_from_epoch": int(rng.integers(0, 3)),
    }


@pytest.mark.parametrize("seed", range(40))
def test_as_in_keras(keras: Any, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(seed)
    history, arguments = random_history(rng), arguments_of(rng)
    results = []
    for callback in (keras.callbacks.EarlyStopping(**arguments), EarlyStopping(**arguments)):
        model = driven(callback, history)
        results.append((model.log, {name: getattr(callback, name) for name in STATE}, capsys.readouterr().out))
    theirs, ours = results
    if not arguments["restore_best_weights"]:
        theirs[1]["best_weights"] = None
    assert ours == theirs


def test_a_second_training_starts_anew() -> None:
    callback = EarlyStopping(patience=2)
    history = [{"val_loss": 1.0}, {"val_loss": 2.0}, {"val_loss": 3.0}, {"val_loss": 4.0}]
    assert driven(callback, history).log == driven(callback, history).log


def test_what_is_watched_must_be_in_the_logs() -> None:
    text = "EarlyStopping watches 'val_loss', which is not in the logs. Received: loss, mae"
    with pytest.warns(UserWarning, match=text):
        driven(EarlyStopping(), [{"loss": 1.0, "mae": 2.0}])


def test_an_unknown_mode_is_taken_as_auto() -> None:
    with pytest.warns(UserWarning, match="`mode` must be 'auto', 'min' or 'max'; taking 'auto'. Received: mode='low'"):
        callback = EarlyStopping(mode="low")
    assert callback.mode == "auto"


def trained(callbacks: list[Any], epochs: int, metrics: list[Any] | None = None) -> Any:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype("float32")
    y = (x[:, :1] + rng.normal(size=(60, 1)) > 0).astype("float32")
    fastmlp.utils.set_random_seed(1)
    model = fastmlp.Sequential(
        [layers.Dense(30, "tanh", input_shape=[3]), layers.BatchNormalization(), layers.Dense(1, "sigmoid")]
        if hasattr(layers, "BatchNormalization")
        else [layers.Dense(30, "tanh", input_shape=[3]), layers.Dense(1, "sigmoid")]
    )
    model.compile(fastmlp.optimizers.SGD(0.5), "binary_crossentropy", metrics=metrics or ["accuracy"])
    model.fit(x[:40], y[:40], epochs=epochs, validation_data=(x[40:], y[40:]), verbose=0, callbacks=callbacks)
    return model


def test_the_best_weights_come_back() -> None:
    """The chapter: "it will optionally roll back to the best model"."""
    callback = EarlyStopping(patience=5, restore_best_weights=True)
    model = trained([callback], 200)
    values = model.history.history["val_loss"]
    assert len(values) == callback.best_epoch + 6 < 200
    assert min(values) == values[callback.best_epoch] == callback.best
    until_then = trained([], callback.best_epoch + 1)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), until_then.get_weights(), strict=True))


@pytest.mark.parametrize("monitor", ["val_accuracy", "accuracy"])
def test_of_an_accuracy_more_is_better(monitor: str) -> None:
    callback = EarlyStopping(monitor, patience=4)
    model = trained([callback], 60)
    assert callback.best == max(model.history.history[monitor])


def test_of_a_metric_that_does_not_say_so_nobody_knows_what_is_better() -> None:
    text = r"EarlyStopping cannot know whether less or more of 'val_lr' is better: give mode='min' or mode='max'."
    callback = EarlyStopping("val_lr")
    with pytest.raises(ValueError, match=text):
        driven(callback, [{"val_lr": 1.0}] * 2)


@pytest.mark.parametrize(
    ("monitor", "better"),
    [
        ("loss", "less"),
        ("val_main_output_loss", "less"),
        ("mse", "less"),
        ("val_mean_absolute_error", "less"),
        ("val_main_output_accuracy", "more"),
        ("acc", "more"),
        ("aux_auc", "more"),
        ("val_r2_score", "more"),
        ("val_top_5", "more"),
    ],
)
def test_the_name_says_what_is_better(monitor: str, better: str) -> None:
    callback, model = EarlyStopping(monitor, patience=2), Model()
    model.metrics = [fastmlp.metrics.TopKCategoricalAccuracy(name="top_5")]
    callback.set_model(model)
    assert callback.improves(2.0, 1.0) == (better == "more")
