import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import fastmlp
from fastmlp import layers, optimizers
from fastmlp.callbacks import EarlyStopping
from fastmlp.utils import PyDataset

RNG = np.random.default_rng(0)
ROWS, BATCH = 50, 8
X = RNG.standard_normal((ROWS, 6)).astype(np.float32)
Y = RNG.standard_normal((ROWS, 1)).astype(np.float32)
WEIGHTS = RNG.random(ROWS).astype(np.float32)
LABELS = (Y > 0).astype(np.int64)


def network(activation: str = "linear") -> fastmlp.Sequential:
    fastmlp.utils.set_random_seed(2)
    return fastmlp.Sequential(
        [layers.Dense(5, activation="tanh", input_shape=[6]), layers.Dense(1, activation=activation)]
    )


def compiled(loss: str = "mse", **arguments: Any) -> fastmlp.Sequential:
    model = network("sigmoid" if loss == "binary_crossentropy" else "linear")
    model.compile(optimizers.Adam(0.01), loss, **arguments)
    return model


def batches(*arrays: Any) -> list[Any]:
    return [tuple(array[first : first + BATCH] for array in arrays) for first in range(0, ROWS, BATCH)]


def endless(*arrays: Any) -> Iterator[Any]:
    while True:
        yield from batches(*arrays)


class Batches(PyDataset):
    def __init__(self, *arrays: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batches = batches(*arrays)
        self.hooks: list[str] = []
        self.threads: set[int] = set()

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        self.threads.add(threading.get_ident())
        return self.batches[index]

    def on_epoch_begin(self) -> None:
        self.hooks.append("begin")

    def on_epoch_end(self) -> None:
        self.hooks.append("end")


def assert_same(model: fastmlp.Model, expected: fastmlp.Model) -> None:
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize(
    "source",
    [
        lambda *arrays: endless(*arrays),
        lambda *arrays: batches(*arrays).__iter__(),
        lambda *arrays: Batches(*arrays),
        lambda *arrays: Batches(*arrays, workers=3),
        lambda *arrays: Batches(*arrays, workers=2, max_queue_size=1),
    ],
    ids=["endless", "iterator", "PyDataset", "workers", "short queue"],
)
def test_batches_train_as_their_arrays_do(source: Any, weighted: bool) -> None:
    arrays = (X, Y, WEIGHTS) if weighted else (X, Y)
    model, expected = compiled(metrics=["mae"]), compiled(metrics=["mae"])
    history = model.fit(source(*arrays), steps_per_epoch=7, shuffle=False, verbose=0).history
    weights = {"sample_weight": WEIGHTS} if weighted else {}
    assert history == expected.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0, **weights).history
    assert_same(model, expected)


def test_a_dataset_is_gone_through_in_each_epoch() -> None:
    class Dataset:  # like tf.data's: iterable, as often as you like
        def __iter__(self) -> Iterator[Any]:
            return iter(batches(X, Y))

    for source, steps in ((Dataset(), None), (Batches(X, Y), 7)):
        model, expected = compiled(), compiled()
        history = model.fit(source, epochs=3, shuffle=False, verbose=0)
        assert history.params["steps"] == steps
        assert history.history == expected.fit(X, Y, batch_size=BATCH, epochs=3, shuffle=False, verbose=0).history
        assert_same(model, expected)


def test_epochs_of_fewer_steps_go_on_in_the_data() -> None:
    for source in (endless(X, Y), Batches(X, Y)):
        model, expected = compiled(), compiled()
        model.fit(source, steps_per_epoch=2, epochs=3, shuffle=False, verbose=0)
        expected.fit(X[: 6 * BATCH], Y[: 6 * BATCH], batch_size=BATCH, shuffle=False, verbose=0)
        assert_same(model, expected)


def test_a_dataset_is_told_of_epochs_and_shuffled() -> None:
    data = Batches(X, Y)
    compiled().fit(data, epochs=2, verbose=0)
    assert data.hooks == ["begin", "end"] * 2
    shuffled, plain = compiled(), compiled()
    shuffled.fit(Batches(X, Y), verbose=0)
    plain.fit(Batches(X, Y), shuffle=False, verbose=0)
    assert not np.array_equal(shuffled.get_weights()[0], plain.get_weights()[0])
    fastmlp.utils.set_random_seed(2)
    again = compiled()
    again.fit(Batches(X, Y), verbose=0)
    assert_same(again, shuffled)


def test_workers_are_threads_or_processes_that_go_home() -> None:
    before = threading.active_count()
    data = Batches(X, Y, workers=3)
    compiled().fit(data, verbose=0)
    assert threading.get_ident() not in data.threads
    assert threading.active_count() == before


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_processes_make_the_same_batches() -> None:
    model, expected = compiled(), compiled()
    model.fit(Batches(X, Y, workers=2, use_multiprocessing=True), shuffle=False, verbose=0)
    expected.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
    assert_same(model, expected)


def test_validation_evaluation_and_prediction_of_batches() -> None:
    model, expected = compiled(metrics=["mae"]), compiled(metrics=["mae"])
    history = model.fit(Batches(X, Y), epochs=2, validation_data=Batches(X, Y, WEIGHTS), shuffle=False, verbose=0)
    other = expected.fit(X, Y, batch_size=BATCH, epochs=2, validation_data=(X, Y, WEIGHTS), shuffle=False, verbose=0)
    assert history.history == other.history
    model.fit(X, Y, validation_data=endless(X, Y), validation_steps=3, verbose=0)
    assert model.evaluate(Batches(X, Y), verbose=0) == model.evaluate(X, Y, batch_size=BATCH, verbose=0)
    first = model.evaluate(X[:16], Y[:16], batch_size=BATCH, verbose=0)
    assert model.evaluate(endless(X, Y), steps=2, verbose=0) == first
    for source in (Batches(X), Batches(X, Y), iter(batches(X)), (X[i : i + 9] for i in range(0, ROWS, 9))):
        np.testing.assert_array_equal(model.predict(source), model.predict(X))
    np.testing.assert_array_equal(model.predict(endless(X), steps=3), model.predict(X[:24]))


def test_weights_of_classes_of_batches() -> None:
    model, expected = compiled("binary_crossentropy"), compiled("binary_crossentropy")
    model.fit(Batches(X, LABELS), class_weight={1: 3.0}, shuffle=False, verbose=0)
    expected.fit(X, LABELS, batch_size=BATCH, class_weight={1: 3.0}, shuffle=False, verbose=0)
    assert_same(model, expected)


def test_batches_build_a_model() -> None:
    model = fastmlp.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(iter(batches(X, Y)), verbose=0)
    assert model.input_shape == (None, 6)


def test_batches_of_any_size_and_of_pandas() -> None:
    model = compiled()
    frame, series = pd.DataFrame(X), pd.Series(Y[:, 0])
    pieces = [slice(0, 3), slice(3, 48), slice(48, 50)]
    model.fit(((frame[piece], series[piece]) for piece in pieces), verbose=0)
    assert model.optimizer.iterations == 3
    expected = compiled()
    for piece in pieces:
        expected.train_on_batch(X[piece], Y[piece])
    assert_same(model, expected)


def test_input_that_runs_out_ends_the_epoch_with_a_warning() -> None:
    model = compiled()
    with pytest.warns(UserWarning, match=r"input ran out of data; .* Received: 7 of 9 batches in epoch 1"):
        history = model.fit(iter(batches(X, Y)), steps_per_epoch=9, verbose=0)
    assert model.optimizer.iterations == 7
    assert history.epoch == [0]


@pytest.mark.parametrize(("steps", "whole"), [(None, 1), (7, 1), (2, 3)])
def test_input_that_runs_out_ends_the_training(steps: int | None, whole: int) -> None:
    model, stopping = compiled(), EarlyStopping("loss", patience=10)
    given = batches(X, Y)[: whole * (steps or 7)]
    wanted = rf" of {steps}" if steps else ""
    with pytest.warns(UserWarning, match=rf"interrupting training.* Received: 0{wanted} batches in epoch {whole + 1}"):
        history = model.fit(iter(given), epochs=10, steps_per_epoch=steps, callbacks=[stopping], verbose=0)
    assert history.epoch == list(range(whole))
    assert stopping.best in history.history["loss"]
    assert model.optimizer.iterations == len(given)
    expected = compiled()
    for x, y in given:
        expected.train_on_batch(x, y)
    assert_same(model, expected)


def test_an_epoch_whose_validation_ran_out_has_none() -> None:
    model, stopping = compiled(), EarlyStopping("val_loss", patience=10, restore_best_weights=True)
    with pytest.warns(UserWarning, match=r"ran out of data|not in the logs") as warned:
        history = model.fit(
            X, Y, epochs=3, validation_data=iter(batches(X, Y)[:3]), validation_steps=3, callbacks=[stopping], verbose=0
        )
    texts = [str(each.message) for each in warned]
    assert sum("Your input ran out of data; the epoch is not validated" in text for text in texts) == 2
    assert len(texts) == 4  # EarlyStopping says twice that there is nothing to watch
    assert len(history.history["loss"]) == 3
    assert history.history["val_loss"] == [stopping.best]
    assert stopping.best_epoch == 0


@pytest.mark.parametrize("workers", [1, 3])
def test_an_exception_in_a_source_leaves_whole_steps(workers: int) -> None:
    class Failing(Batches):
        def __getitem__(self, index: int) -> Any:
            if index == 3:
                raise OSError("no such file")
            return super().__getitem__(index)

    model, expected = compiled(), compiled()
    with pytest.raises(OSError, match="no such file"):
        model.fit(Failing(X, Y, workers=workers), shuffle=False, verbose=0)
    expected.fit(X[:24], Y[:24], batch_size=BATCH, shuffle=False, verbose=0)
    assert_same(model, expected)
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("x", "arguments", "message"),
    [
        (batches(X, Y).__iter__, {"y": Y}, r"`y` must be part of the batches .* Received: y of type ndarray"),
        (batches(X, Y).__iter__, {"sample_weight": WEIGHTS}, r"`sample_weight` must be part of the batches"),
        (batches(X, Y).__iter__, {"validation_split": 0.1}, r"`validation_split` is for arrays"),
        (lambda: iter(()), {}, r"must give at least one batch. Received: none"),
        (lambda: iter([(X, Y, WEIGHTS, Y)]), {}, r"A batch must be x, .* Received: a tuple of 4"),
        (lambda: iter([X]), {}, r"`y` must be given"),
        (lambda: iter([(X[:, 1:], Y)]), {}, r"`x` must have shape \(samples, 6\)"),
        (lambda: 5, {}, r"`x` must be an array of at least one sample"),
    ],
)
def test_what_cannot_be_trained_on(x: Any, arguments: dict[str, Any], message: str) -> None:
    model = compiled()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(x(), verbose=0, **arguments)
    assert model.optimizer.iterations == 0
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_progress_without_an_end_in_sight(capsys: pytest.CaptureFixture[str]) -> None:
    model = compiled()
    model.fit(iter(batches(X, Y)), verbose=2)
    assert "50/50" in capsys.readouterr().out


@pytest.mark.parametrize("make", [scipy.sparse.csr_matrix, scipy.sparse.csr_array, scipy.sparse.coo_array])
def test_sparse_rows_train_as_dense_ones(make: Any) -> None:
    dense = np.where(RNG.random(X.shape) < 0.3, X, 0)
    sparse = make(dense)
    model, expected = compiled(), compiled()
    for each, x in ((model, sparse), (expected, dense)):
        fastmlp.utils.set_random_seed(4)
        each.fit(x, Y, batch_size=BATCH, epochs=3, validation_split=0.2, verbose=0)
    assert_same(model, expected)
    assert model.evaluate(sparse, Y, verbose=0) == expected.evaluate(dense, Y, verbose=0)
    np.testing.assert_array_equal(model.predict(sparse), expected.predict(dense))


def test_a_file_is_read_where_it_lies(tmp_path: Any) -> None:
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    model, expected = compiled(), compiled()
    model.fit(x, Y, shuffle=False, verbose=0)
    expected.fit(X, Y, shuffle=False, verbose=0)
    assert_same(model, expected)
