from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callback_driver import driven, random_history

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import ModelCheckpoint


@pytest.mark.parametrize("seed", range(30))
def test_as_in_keras(keras: Any, seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(seed)
    history, weights_only = random_history(rng), bool(rng.integers(2))
    ending = ".weights.h5" if weights_only else str(rng.choice([".keras", ".h5"]))
    arguments: dict[str, Any] = {
        "verbose": 1,
        "save_best_only": bool(rng.integers(2)),
        "save_weights_only": weights_only,
        "mode": str(rng.choice(["auto", "min", "max"])),
        "save_freq": "epoch" if rng.integers(2) else int(rng.integers(1, 6)),
        "initial_value_threshold": rng.choice([None, 0.5]),
    }
    if arguments["save_freq"] != "epoch":
        arguments["mode"] = "min"  # Keras decides only after the first epoch what "auto" means
    path = tmp_path / "new folder" / ("{epoch:02d}-{val_loss:.2f}" + ending)
    results = []
    for module in (keras, fastmlp):
        callback = module.callbacks.ModelCheckpoint(path, **arguments)
        if module is keras and arguments["save_freq"] != "epoch":
            callback._set_monitor_op()
        log = driven(callback, history, batches=4).log
        results.append((log, callback.best, [line for line in capsys.readouterr().out.splitlines() if line]))
    assert results[0] == results[1]
    assert path.parent.is_dir()


def test_the_number_of_the_batch_is_a_field(tmp_path: Path) -> None:
    callback = ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=3)
    saved = [entry[1] for entry in driven(callback, [{"loss": 1.0}] * 2, batches=4).log if entry[0] == "save"]
    assert [Path(path).name for path in saved] == ["1-3.keras", "2-2.keras"]


def test_without_the_number_each_model_is_the_best(tmp_path: Path) -> None:
    text = "ModelCheckpoint watches 'val_loss', which is not in the logs, and saves each time. Received: loss"
    with pytest.warns(UserWarning, match=text):
        model = driven(ModelCheckpoint(tmp_path / "a.h5", save_best_only=True), [{"loss": 1.0}] * 2)
    assert sum(entry[0] == "save" for entry in model.log) == 2


def test_an_unknown_field(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"`filepath` may have the fields \['epoch', 'loss'\]. Received: 'mae'"):
        driven(ModelCheckpoint(tmp_path / "{mae}.keras"), [{"loss": 1.0}])


@pytest.mark.parametrize(("path", "weights_only"), [("model", False), ("model.tf", False), ("model.h5", True)])
def test_an_unknown_ending(path: str, weights_only: bool) -> None:
    endings = ".weights.h5" if weights_only else ".keras or .h5"
    with pytest.raises(ValueError, match=f"`filepath` must end in {endings}. Received: filepath={path}"):
        ModelCheckpoint(path, save_weights_only=weights_only)


@pytest.mark.parametrize("wrong", ["batch", 0, -1, 2.5, True])
def test_an_unknown_frequency(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"`save_freq` must be 'epoch' or a positive integer. Received: save_freq="):
        ModelCheckpoint("model.keras", save_freq=wrong)


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.keras").mkdir()
    with pytest.raises(IsADirectoryError, match=r"`filepath` must not be a folder. Received: filepath=.*a.keras"):
        driven(ModelCheckpoint(tmp_path / "a.keras"), [{"loss": 1.0}])


def test_only_a_frequency_in_batches_makes_the_engine_stop_for_each() -> None:
    assert not fastmlp.callbacks.CallbackList(ModelCheckpoint("a.keras")).wants_batches("train")
    assert fastmlp.callbacks.CallbackList(ModelCheckpoint("a.keras", save_freq=7)).wants_batches("train")


def test_the_chapters_two_callbacks(tmp_path: Path) -> None:
    """The best model is in the file, and early stopping rolls back to the same."""
    pytest.importorskip("h5py", reason="needs h5py: pip install h5py")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype("float32")
    y = x[:, :1] + rng.normal(size=(60, 1)).astype("float32")
    fastmlp.utils.set_random_seed(3)
    model = fastmlp.Sequential([layers.Dense(30, "tanh", input_shape=[3]), layers.Dense(1)])
    model.compile(fastmlp.optimizers.SGD(0.1), "mse")
    checkpoint_cb = ModelCheckpoint(tmp_path / "my_keras_model.h5", save_best_only=True)
    early_stopping_cb = fastmlp.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
    history = model.fit(
        x[:40],
        y[:40],
        epochs=300,
        validation_data=(x[40:], y[40:]),
        verbose=0,
        callbacks=[checkpoint_cb, early_stopping_cb],
    )
    losses = history.history["val_loss"]
    assert len(losses) < 300
    assert checkpoint_cb.best == early_stopping_cb.best == min(losses)
    best = fastmlp.models.load_model(tmp_path / "my_keras_model.h5")
    assert best.evaluate(x[40:], y[40:], verbose=0) == pytest.approx(min(losses))
    assert all(np.array_equal(a, b) for a, b in zip(best.get_weights(), model.get_weights(), strict=True))


def test_checkpoints_of_weights(tmp_path: Path) -> None:
    pytest.importorskip("h5py", reason="needs h5py: pip install h5py")
    x = np.ones((20, 2), np.float32)
    model = fastmlp.Sequential([layers.Dense(1, input_shape=[2])])
    model.compile("adam", "mse")
    path = tmp_path / "{epoch:02d}-{batch:02d}.weights.h5"
    model.fit(
        x,
        x[:, :1],
        batch_size=5,
        epochs=2,
        verbose=0,
        callbacks=[ModelCheckpoint(path, save_weights_only=True, save_freq=4)],
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["01-04.weights.h5", "02-04.weights.h5"]
    weights = model.get_weights()
    model.load_weights(tmp_path / "01-04.weights.h5")
    assert model.optimizer.iterations == 4
    model.load_weights(tmp_path / "02-04.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True))
