import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import BackupAndRestore, Callback, CallbackList

pytest.importorskip("h5py", reason="needs h5py: pip install h5py")

RNG = np.random.default_rng(7)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = (X @ RNG.normal(size=(4, 1)) + RNG.normal(size=(50, 1))).astype("float32")


class Interrupting(Callback):
    """Raises at the end of a batch, or of an epoch where the batch is -1."""

    def __init__(self, epoch: int, batch: int) -> None:
        self.moment = epoch, batch
        self.epoch = 0
        self.armed = True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.armed and (self.epoch, batch) == self.moment:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.armed and (epoch, -1) == self.moment:
            raise KeyboardInterrupt


def model_of(seed: int, optimizer: Any = "adam", metrics: Any = ("mae",)) -> fastmlp.Sequential:
    fastmlp.utils.set_random_seed(seed)
    model = fastmlp.Sequential(
        [layers.Dense(8, "tanh", input_shape=[4]), layers.Dropout(0.3), layers.Dense(5, "relu"), layers.Dense(1)]
    )
    model.compile(fastmlp.optimizers.get(optimizer), "mse", metrics=list(metrics))
    return model


def state_of(model: fastmlp.Sequential) -> dict[str, Any]:
    """Return all that must have the same bits."""
    optimizer = model.optimizer
    assert optimizer is not None
    slots = optimizer.slots(model.trainable_variables)
    return {
        "weights": [weight.tobytes() for weight in model.get_weights()],
        "slots": [variable.numpy().tobytes() for slot in slots for variable in slot],
        "iterations": optimizer.iterations,
        "learning_rate": optimizer.learning_rate,
        "random": fastmlp.random.generator().bit_generator.state,
    }


def assert_goes_on(
    folder: Path, moment: tuple[int, int], backup: dict[str, Any], fit: Any, model: dict[str, Any] | None = None
) -> None:
    """Compare a training that is interrupted and taken up again with one that is not."""
    whole = model_of(1, **(model or {}))
    expected = fit(whole, [])
    state = state_of(whole)
    interrupted = [BackupAndRestore(folder, delete_checkpoint=False, **backup), Interrupting(*moment)]
    with pytest.raises(KeyboardInterrupt):
        fit(model_of(1, **(model or {})), interrupted)
    taken_up = model_of(2, **(model or {}))
    history = fit(taken_up, [BackupAndRestore(folder, **backup)])
    assert state_of(taken_up) == state
    begun = history.epoch[0]
    assert begun in (moment[0], moment[0] + 1)
    assert history.history == {key: values[begun:] for key, values in expected.history.items()}
    assert not folder.exists()


def plain_fit(model: fastmlp.Sequential, callbacks: list[Callback]) -> Any:
    return model.fit(X, Y, batch_size=8, epochs=4, verbose=0, validation_split=0.2, callbacks=callbacks)


def short_epochs(model: fastmlp.Sequential, callbacks: list[Callback]) -> Any:
    return model.fit(X, Y, batch_size=8, epochs=4, steps_per_epoch=3, verbose=0, callbacks=callbacks)


class Dataset(fastmlp.utils.PyDataset):
    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return X[index * 5 :][:5], Y[index * 5 :][:5]


def batches_of_a_dataset(model: fastmlp.Sequential, callbacks: list[Callback]) -> Any:
    return model.fit(Dataset(), epochs=4, verbose=0, callbacks=callbacks)


def some_batches_of_a_dataset(model: fastmlp.Sequential, callbacks: list[Callback]) -> Any:
    return model.fit(Dataset(), epochs=4, steps_per_epoch=5, verbose=0, callbacks=callbacks)


def batches_of_a_generator(model: fastmlp.Sequential, callbacks: list[Callback]) -> Any:
    def endless() -> Any:
        for number in range(1000):
            rows = np.random.default_rng(number).integers(0, 50, 6)
            yield X[rows], Y[rows]

    return model.fit(endless(), epochs=4, steps_per_epoch=3, verbose=0, callbacks=callbacks)


FITS = [plain_fit, short_epochs, batches_of_a_dataset, some_batches_of_a_dataset, batches_of_a_generator]
MOMENTS = [((0, 1), 1), ((1, 2), 1), ((2, 1), 2), ((1, 1), "epoch"), ((2, -1), "epoch")]


@pytest.mark.parametrize(("moment", "save_freq"), MOMENTS)
@pytest.mark.parametrize("fit", FITS)
def test_the_same_bits_as_without_an_interruption(fit: Any, moment: Any, save_freq: Any, tmp_path: Path) -> None:
    assert_goes_on(tmp_path / "backup", moment, {"save_freq": save_freq}, fit)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_of_any_optimizer(optimizer: str, tmp_path: Path) -> None:
    assert_goes_on(tmp_path / "backup", (1, 3), {"save_freq": 2}, plain_fit, {"optimizer": optimizer})


def test_of_metrics_that_python_gathers(tmp_path: Path) -> None:
    class Largest(fastmlp.metrics.Metric):
        def __init__(self) -> None:
            super().__init__(name="largest")
            self.value = self.add_weight()

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.value.assign(max(float(self.value), float(np.max(y_pred))))

        def result(self) -> float:
            return float(self.value)

    metrics = [Largest(), fastmlp.metrics.R2Score()]
    assert_goes_on(tmp_path / "backup", (1, 3), {"save_freq": 2}, plain_fit, {"metrics": metrics})


def test_a_rate_that_a_callback_has_set_comes_back_exactly(tmp_path: Path) -> None:
    def fit(model: fastmlp.Sequential, callbacks: list[Callback]) -> Any:
        halving = fastmlp.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: setattr(model.optimizer, "learning_rate", 0.1 / (epoch + 3))
        )
        return plain_fit(model, [halving, *callbacks])

    assert_goes_on(tmp_path / "backup", (2, 1), {}, fit)


def test_an_epoch_is_taken_up_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        plain_fit(model_of(1), [BackupAndRestore(tmp_path, save_freq=2), Interrupting(1, 3)])
    seen: list[Any] = []
    recording = fastmlp.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(epoch),
        on_train_batch_begin=lambda batch, logs: seen.append((batch,)),
    )
    plain_fit(model_of(2), [BackupAndRestore(tmp_path, save_freq=2), recording])
    assert seen[:3] == [1, (3,), (4,)]  # 5 batches an epoch: the checkpoint is that of the eighth


def test_a_training_that_was_done(tmp_path: Path) -> None:
    first = plain_fit(model_of(1), [BackupAndRestore(tmp_path, delete_checkpoint=False)])
    model = model_of(2)
    again = plain_fit(model, [BackupAndRestore(tmp_path, delete_checkpoint=False)])
    assert again.epoch == []
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), first.model.get_weights(), strict=True))
    longer = model.fit(X, Y, 8, epochs=6, verbose=0, validation_split=0.2, callbacks=[BackupAndRestore(tmp_path)])
    assert longer.epoch == [4, 5]


def test_the_checkpoint_before(tmp_path: Path) -> None:
    plain_fit(model_of(1), [BackupAndRestore(tmp_path, double_checkpoint=True, delete_checkpoint=False)])
    latest = tmp_path / "latest.weights.h5"
    latest.write_bytes(latest.read_bytes()[:-100])
    history = plain_fit(model_of(2), [BackupAndRestore(tmp_path, double_checkpoint=True)])
    assert history.epoch == [3]
    assert not tmp_path.exists()


def test_a_damaged_checkpoint(tmp_path: Path) -> None:
    plain_fit(model_of(1), [BackupAndRestore(tmp_path, delete_checkpoint=False)])
    latest = tmp_path / "latest.weights.h5"
    latest.write_bytes(latest.read_bytes()[:-100])
    with pytest.raises(ValueError, match=rf"Training cannot go on from the checkpoint in '{tmp_path}': .*latest"):
        plain_fit(model_of(2), [BackupAndRestore(tmp_path)])


def test_a_checkpoint_of_another_model(tmp_path: Path) -> None:
    plain_fit(model_of(1), [BackupAndRestore(tmp_path, delete_checkpoint=False)])
    other = fastmlp.Sequential([layers.Dense(1, input_shape=[4])])
    other.compile("adam", "mse")
    with pytest.raises(ValueError, match=f"Training cannot go on from the checkpoint in '{tmp_path}'"):
        plain_fit(other, [BackupAndRestore(tmp_path)])


def test_other_data_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        plain_fit(model_of(1), [BackupAndRestore(tmp_path, save_freq=2), Interrupting(0, 3)])
    text = "Expected 40 rows in batches of 8, as when training was interrupted. Received: 50 rows in batches of 32"
    with pytest.raises(ValueError, match=text):
        model_of(1).fit(X, Y, verbose=0, callbacks=[BackupAndRestore(tmp_path)])


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    plain_fit(model_of(1), [BackupAndRestore(tmp_path, double_checkpoint=True)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_only_a_frequency_in_batches_makes_the_engine_stop_for_each(tmp_path: Path) -> None:
    assert not CallbackList(BackupAndRestore(tmp_path)).wants_batches("train")
    assert CallbackList(BackupAndRestore(tmp_path, save_freq=7)).wants_batches("train")


def test_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"`backup_dir` must be the name of a folder. Received: backup_dir=''"):
        BackupAndRestore("")
    with pytest.raises(ValueError, match=r"`save_freq` must be 'epoch' or a positive integer. Received: save_freq=0"):
        BackupAndRestore(tmp_path, save_freq=0)


# A process that dies. `argv`: the folder, and before which of its file operations there the process kills itself.
SCRIPT = """
    import os, signal, sys
    import numpy as np
    import fastmlp
    from fastmlp import layers
    from fastmlp.callbacks import BackupAndRestore, ModelCheckpoint

    folder, deadly = sys.argv[1], int(sys.argv[2])
    seen = 0

    def watch(event, arguments):
        global seen
        if event in ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir") and folder in str(arguments[0]):
            seen += 1
            if seen == deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    fastmlp.utils.set_random_seed(1)
    model = fastmlp.Sequential([layers.Dense(8, "tanh", input_shape=[4]), layers.Dropout(0.5), layers.Dense(1)])
    model.compile("adam", "mse")
    if folder.endswith("models"):
        callbacks = [ModelCheckpoint(folder + "/model.keras"), ModelCheckpoint(folder + "/model.h5")]
    else:
        callbacks = [BackupAndRestore(folder, save_freq=2, double_checkpoint=True)] if folder else []
    sys.addaudithook(watch)
    model.fit(x, x[:, :1], batch_size=4, epochs=int(sys.argv[3]), verbose=0, callbacks=callbacks)
    print(b"".join(weight.tobytes() for weight in model.get_weights()).hex())
"""


def start(*arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": ROOT})


ROOT = str(Path(fastmlp.__file__).parents[1])


def test_a_process_killed_while_it_writes(tmp_path: Path) -> None:
    """One child after the other dies a few file operations later than the one before, then one is let live."""
    whole, _ = start("", 0, 4).communicate()
    for deadly in [*range(1, 18, 3), 0]:
        child = start(tmp_path / "backup", deadly, 4)
        weights, _ = child.communicate()
        assert child.returncode == (-signal.SIGKILL if deadly else 0)
    assert weights == whole
    assert not (tmp_path / "backup").exists()


def test_a_process_killed_while_it_saves_models(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    for deadly in range(2, 20, 4):
        child = start(folder, deadly, 4)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        for path in folder.glob("model.*"):
            assert fastmlp.models.load_model(path).optimizer.iterations % 10 == 0
    assert {path.name for path in folder.glob("model.*")} == {"model.keras", "model.h5"}


def test_a_process_killed_at_any_moment(tmp_path: Path) -> None:
    whole, _ = start("", 0, 50).communicate()
    rng = np.random.default_rng()
    for _ in range(3):
        child = start(tmp_path / "backup", 0, 50)
        while child.poll() is None and not (tmp_path / "backup" / "latest.weights.h5").exists():
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.3))
        child.kill()
        child.communicate()
    weights, _ = start(tmp_path / "backup", 0, 50).communicate()
    assert weights == whole
