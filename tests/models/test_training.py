import copy
import multiprocessing
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from twin import TwinNetwork

import fastmlp
from fastmlp import layers, optimizers
from fastmlp.callbacks import Callback, History
from fastmlp.models._steps import loops

RNG = np.random.default_rng(0)
ROWS, COLUMNS, CLASSES = 101, 6, 4
X = RNG.standard_normal((ROWS, COLUMNS))
LABELS = RNG.integers(0, CLASSES, ROWS)
ONE_HOT = np.eye(CLASSES)[LABELS]
NUMBERS = RNG.standard_normal((ROWS, CLASSES))
BITS = RNG.integers(0, 2, (ROWS, CLASSES)).astype(np.float64)


def network(last: str = "linear", units: int = CLASSES, dtype: str = "float64") -> fastmlp.Sequential:
    fastmlp.utils.set_random_seed(3)
    return fastmlp.Sequential(
        [
            layers.Dense(7, activation="tanh", input_shape=[COLUMNS], dtype=dtype),
            layers.Dense(units, activation=last, dtype=dtype),
        ]
    )


def permutations(passes: int) -> list[Any]:
    """Foresee the orders of the next passes."""
    bits = fastmlp.random.generator().bit_generator
    state = bits.state
    orders = [fastmlp.random.permutation(ROWS) for _ in range(passes)]
    bits.state = state
    return orders


def assert_same_weights(model: fastmlp.Model, expected: list[Any], tolerance: float) -> None:
    for weight, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(weight, other.reshape(weight.shape), rtol=tolerance, atol=tolerance)


# ---- the numbers ----

LOSSES = [
    ("mse", "linear", NUMBERS, ()),
    ("mae", "tanh", NUMBERS, ()),
    ("huber", "linear", NUMBERS, (1.0,)),
    ("binary_crossentropy", "sigmoid", BITS, (0.0,)),
    ("categorical_crossentropy", "softmax", ONE_HOT, (0.0,)),
    ("sparse_categorical_crossentropy", "softmax", LABELS, (0.0,)),
]


@pytest.mark.parametrize(("loss", "last", "y", "scalars"), LOSSES, ids=[case[0] for case in LOSSES])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 2e-5)])
def test_fit_against_its_twin_for_each_loss(loss, last, y, scalars, dtype, tolerance) -> None:
    model = network(last, dtype=dtype)
    model.compile(optimizers.SGD(0.1), loss)
    twin = TwinNetwork(model.get_weights(), ["tanh", last], loss, scalars)
    order = permutations(3)
    history = model.fit(X, y, batch_size=8, epochs=3, verbose=0)
    expected = twin.fit(X, y.reshape(ROWS, -1).astype(float), order, 8, "sgd", [0.1] * 99)
    np.testing.assert_allclose(history.history["loss"], expected, rtol=tolerance)
    assert_same_weights(model, twin.weights, tolerance)


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(0.05),
        optimizers.SGD(0.05, momentum=0.9),
        optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        optimizers.Adam(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-5),
        optimizers.Adam(lambda step: 0.02 / (1 + step)),
        optimizers.RMSprop(0.01, rho=0.8, epsilon=1e-5),
    ],
    ids=["sgd", "momentum", "nesterov", "adam", "schedule", "rmsprop"],
)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 5e-4)])
def test_fit_against_its_twin_for_each_optimizer(optimizer, dtype, tolerance) -> None:
    optimizer = copy.deepcopy(optimizer)
    model = network(dtype=dtype)
    model.compile(optimizer, "mse")
    twin = TwinNetwork(model.get_weights(), ["tanh", "linear"], "mse")
    order, rates = permutations(3), optimizer.learning_rates(100)
    for epoch in range(3):  # the slots outlive a call
        model.fit(X, NUMBERS, batch_size=16, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
    twin.fit(X, NUMBERS, order, 16, optimizer.kind, rates, optimizer.hyper)
    assert optimizer.iterations == 3 * 7
    assert_same_weights(model, twin.weights, tolerance)


def test_weights_of_samples_and_classes_multiply() -> None:
    model = network("softmax")
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    twin = TwinNetwork(model.get_weights(), ["tanh", "softmax"], "sparse_categorical_crossentropy")
    weights = RNG.random(ROWS)
    history = model.fit(
        X, LABELS, batch_size=8, shuffle=False, sample_weight=weights, class_weight={0: 2.0, 3: 0.0}, verbose=0
    )
    both = weights * np.array([2.0, 1.0, 1.0, 0.0])[LABELS]
    expected = twin.fit(X, LABELS[:, np.newaxis], [np.arange(ROWS)], 8, "sgd", [0.1] * 99, weights=both)
    assert history.history["loss"] == pytest.approx(expected)
    assert_same_weights(model, twin.weights, 1e-10)


def test_weighted_metrics_are_weighted_and_others_not() -> None:
    model = network()
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    weights = RNG.random(ROWS)
    errors = NUMBERS - model.predict(X)
    loss, mae, mse = model.evaluate(X, NUMBERS, sample_weight=weights, verbose=0)
    rows = (errors**2).mean(axis=1)
    assert loss == pytest.approx((rows * weights).mean())
    assert mae == pytest.approx(np.abs(errors).mean())
    assert mse == pytest.approx(np.average(rows, weights=weights))


@pytest.mark.parametrize(("loss", "last", "y", "scalars"), LOSSES, ids=[case[0] for case in LOSSES])
def test_gradients_against_central_differences(loss, last, y, scalars) -> None:
    """One step of plain descent moves each weight by the gradient, which the loss itself confirms."""
    model = network(last)
    model.compile(optimizers.SGD(1.0), loss)
    before = model.get_weights()
    model.train_on_batch(X, y)
    moved = [old - new for old, new in zip(before, model.get_weights(), strict=True)]
    h = 1e-6
    for place, gradient in enumerate(moved):
        for index in list(np.ndindex(gradient.shape))[::5]:
            values = []
            for sign in (1, -1):
                weights = [weight.copy() for weight in before]
                weights[place][index] += sign * h
                model.set_weights(weights)
                values.append(model.test_on_batch(X, y))
            assert gradient[index] == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-5, abs=1e-8)


# ---- where a chunk ends changes nothing ----


class EveryBatch(Callback):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        self.losses.append(logs["loss"])

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        assert logs is not None
        self.losses.append(logs["loss"])


@pytest.mark.parametrize("chunk", ["verbose", "callback", "seconds", "steps"])
def test_the_same_bits_however_steps_are_divided(chunk: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def trained(**arguments: Any) -> tuple[list[Any], Any]:
        fastmlp.utils.set_random_seed(5)
        dropping = fastmlp.Sequential(
            [layers.Dense(9, activation="relu", input_shape=[COLUMNS]), layers.Dropout(0.4), layers.Dense(CLASSES)]
        )
        dropping.compile(optimizers.Adam(lambda step: 1 / (100 + step)), "mse", metrics=["mae"])
        history = dropping.fit(X, NUMBERS, batch_size=7, epochs=3, validation_split=0.2, **arguments)
        return dropping.get_weights(), history.history

    weights, history = trained(verbose=0)
    match chunk:
        case "seconds":
            monkeypatch.setattr(loops, "CHUNK_SECONDS", 0.0)
        case "steps":
            monkeypatch.setattr(loops, "CHUNK_STEPS", 2)
    arguments: dict[str, Any] = {"verbose": 1} if chunk == "verbose" else {"verbose": 0}
    if chunk == "callback":
        arguments["callbacks"] = [EveryBatch()]
    others, other_history = trained(**arguments)
    assert other_history == history
    for weight, other in zip(weights, others, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_seed_set_after_compile_decides_what_drops() -> None:
    model = fastmlp.Sequential([layers.Dense(9, input_shape=[COLUMNS]), layers.Dropout(0.4), layers.Dense(CLASSES)])
    before, results = model.get_weights(), []
    for _ in range(2):
        model.set_weights(before)
        model.compile(optimizers.SGD(0.1), "mse")
        fastmlp.utils.set_random_seed(3)
        model.fit(X, NUMBERS, epochs=2, verbose=0)
        model.train_on_batch(X, NUMBERS)
        results.append(model.get_weights())
    for weight, other in zip(*results, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_logs_of_batches_are_means_of_the_epoch_so_far() -> None:
    model = network()
    model.compile(optimizers.SGD(0.0), "mse")
    watcher = EveryBatch()
    model.fit(X, NUMBERS, batch_size=40, shuffle=False, verbose=0, callbacks=[watcher])
    rows = ((NUMBERS - model.predict(X)) ** 2).mean(axis=1)
    assert watcher.losses == pytest.approx([rows[:40].mean(), rows[:80].mean(), rows.mean()])
    watcher.losses.clear()
    model.evaluate(X, NUMBERS, batch_size=40, verbose=0, callbacks=watcher)
    assert watcher.losses == pytest.approx([rows[:40].mean(), rows[:80].mean(), rows.mean()])


# ---- fit's arguments ----


def test_history_has_the_keys_of_keras_2() -> None:
    model = network("softmax")
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
    history = model.fit(X, LABELS, epochs=5, initial_epoch=2, validation_data=(X, LABELS), verbose=0)
    assert isinstance(history, History)
    assert history is model.history
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 3 for values in history.history.values())
    assert history.epoch == [2, 3, 4]
    assert history.params == {"verbose": 0, "epochs": 5, "steps": 4}
    assert model.metrics_names == ["loss", "accuracy"]
    assert model.fit(X, LABELS, epochs=0, verbose=0).history == {}


def test_validation_split_takes_the_last_rows_before_shuffling() -> None:
    model = network()
    model.compile(optimizers.SGD(0.0), "mse")
    history = model.fit(X, NUMBERS, validation_split=0.25, verbose=0).history
    rows = ((NUMBERS - model.predict(X)) ** 2).mean(axis=1)
    assert history["loss"] == pytest.approx([rows[:75].mean()])
    assert history["val_loss"] == pytest.approx([rows[75:].mean()])


def test_weights_of_classes_count_in_training_only() -> None:
    model = network("softmax")
    model.compile(optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    plain = model.fit(X, LABELS, validation_split=0.5, verbose=0).history
    weighted = model.fit(X, LABELS, validation_split=0.5, class_weight=dict.fromkeys(range(4), 2), verbose=0).history
    assert weighted["loss"] == pytest.approx([2 * plain["loss"][0]])
    assert weighted["val_loss"] == plain["val_loss"]


def test_validation_data_with_weights_steps_and_frequency() -> None:
    model = network()
    model.compile(optimizers.SGD(0.0), "mse")
    weights = RNG.random(ROWS)
    rows = ((NUMBERS - model.predict(X)) ** 2).mean(axis=1)
    history = model.fit(X, NUMBERS, epochs=5, validation_data=(X, NUMBERS, weights), validation_freq=2, verbose=0)
    assert history.history["val_loss"] == pytest.approx([(rows * weights).mean()] * 2)
    history = model.fit(
        X,
        NUMBERS,
        epochs=3,
        validation_data=[X, NUMBERS],
        validation_freq=[3],
        validation_steps=2,
        validation_batch_size=10,
        verbose=0,
    )
    assert history.history["val_loss"] == pytest.approx([rows[:20].mean()])


def test_steps_per_epoch_goes_on_where_the_last_epoch_stopped() -> None:
    whole, parts = network(), network()
    for model in (whole, parts):
        model.compile(optimizers.SGD(0.1), "mse")
    fastmlp.utils.set_random_seed(8)
    whole.fit(X, NUMBERS, batch_size=10, epochs=4, verbose=0)
    fastmlp.utils.set_random_seed(8)
    history = parts.fit(X, NUMBERS, batch_size=10, epochs=11, steps_per_epoch=4, verbose=0)
    assert parts.optimizer.iterations == whole.optimizer.iterations == 44
    assert history.params["steps"] == 4
    assert_same_weights(parts, whole.get_weights(), 0)


def test_a_batch_larger_than_the_data() -> None:
    model, other = network(), network()
    for each in (model, other):
        each.compile(optimizers.SGD(0.1), "mse")
    model.fit(X, NUMBERS, batch_size=2**40, shuffle=False, verbose=0)
    other.train_on_batch(X, NUMBERS)
    assert_same_weights(model, other.get_weights(), 0)


def test_callbacks_steer_the_training() -> None:
    class Steering(Callback):
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self.model.optimizer.learning_rate = 0.1 / (1 + epoch)

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            assert logs is not None
            logs["rate"] = self.model.optimizer.learning_rate
            self.model.stop_training = epoch == 2

    model = network()
    model.compile(optimizers.SGD(9.0), "mse")
    twin = TwinNetwork(model.get_weights(), ["tanh", "linear"], "mse")
    order = permutations(3)
    history = model.fit(X, NUMBERS, batch_size=101, epochs=9, verbose=0, callbacks=[Steering()])
    assert history.epoch == [0, 1, 2]
    assert history.history["rate"] == pytest.approx([0.1, 0.1 / 2, 0.1 / 3])
    twin.fit(X, NUMBERS, order, 101, "sgd", [0.1, 0.1 / 2, 0.1 / 3])
    assert_same_weights(model, twin.weights, 1e-10)


def test_a_callback_may_compile_anew_without_effect_on_this_fit() -> None:
    class Compiling(Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            self.model.compile("adam", "mae", metrics=["mse"])

    model = network()
    model.compile("sgd", "mse")
    optimizer = model.optimizer
    history = model.fit(X, NUMBERS, batch_size=ROWS, epochs=2, verbose=0, callbacks=[Compiling()])
    assert list(history.history) == ["loss"]
    assert optimizer.iterations == 2
    assert list(model.fit(X, NUMBERS, verbose=0).history) == ["loss", "mse"]


def test_a_batch_hook_can_stop_the_training_at_once() -> None:
    class Stopping(Callback):
        def on_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            self.model.stop_training = batch == 4

    model = network()
    model.compile("sgd", "mse")
    history = model.fit(X, NUMBERS, batch_size=10, epochs=9, verbose=0, callbacks=Stopping())
    assert model.optimizer.iterations == 5
    assert history.epoch == [0]
    model.train_on_batch(X, NUMBERS)
    assert model.optimizer.iterations == 6


# ---- evaluate, predict and single batches ----


def test_evaluate_returns_a_number_a_list_or_a_dict() -> None:
    model = network("softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    p = model.predict(X)
    loss = -np.log(p[np.arange(ROWS), LABELS]).mean()
    assert model.evaluate(X, LABELS, verbose=0) == pytest.approx(loss)
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracy = (p.argmax(axis=1) == LABELS).mean()
    assert model.evaluate(X, LABELS, verbose=0) == pytest.approx([loss, accuracy])
    assert model.evaluate(X, LABELS, verbose=0, return_dict=True) == pytest.approx({"loss": loss, "accuracy": accuracy})
    first = model.evaluate(X[:20], LABELS[:20], verbose=0)
    assert model.evaluate(X, LABELS, batch_size=10, steps=2, verbose=0) == pytest.approx(first)


def test_single_batches() -> None:
    model = network("softmax")
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    weights = RNG.random(ROWS)
    before = model.test_on_batch(X, LABELS, sample_weight=weights, return_dict=True)
    assert isinstance(before, dict)
    assert model.train_on_batch(X, LABELS, sample_weight=weights) == pytest.approx(list(before.values()))
    after = model.test_on_batch(X, LABELS, sample_weight=weights)
    assert isinstance(after, list)
    assert after[0] < before["loss"]
    assert model.optimizer.iterations == 1
    weighted = model.train_on_batch(X, LABELS, class_weight={0: 0.0, 1: 0.0, 2: 0.0, 3: 0.0})
    assert isinstance(weighted, list)
    assert weighted[0] == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predict_returns_a_new_array_of_the_models_dtype(dtype: str) -> None:
    model = network("softmax", dtype=dtype)
    twin = TwinNetwork(model.get_weights(), ["tanh", "softmax"], "mse")
    x = RNG.standard_normal((700, COLUMNS))
    p = model.predict(x)
    assert (p.dtype, p.shape) == (np.dtype(dtype), (700, CLASSES))
    np.testing.assert_allclose(p, twin.forward(x)[-1], rtol=1e-5)
    np.testing.assert_array_equal(model.predict_on_batch(x), p)
    np.testing.assert_array_equal(model.predict(x, batch_size=1), p)
    np.testing.assert_array_equal(model.predict(x[:3]), p[:3])
    np.testing.assert_array_equal(model.predict(x, batch_size=10, steps=3), p[:30])
    np.testing.assert_array_equal(model.predict_classes(x), p.argmax(axis=1))
    assert model.predict_classes(x).dtype == np.int64


def test_predict_tells_callbacks_of_every_batch() -> None:
    class Watching(Callback):
        def __init__(self) -> None:
            self.parts: list[Any] = []

        def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            assert logs is not None
            assert batch == len(self.parts)
            self.parts.append(logs["outputs"])

    model, watching = network(), Watching()
    p = model.predict(X, batch_size=30, callbacks=[watching])
    assert [len(part) for part in watching.parts] == [30, 30, 30, 11]
    np.testing.assert_array_equal(np.concatenate(watching.parts), p)


def test_predict_classes_of_a_single_sigmoid_output() -> None:
    model = network("sigmoid", units=1)
    classes = model.predict_classes(X)
    assert classes.shape == (ROWS, 1)
    np.testing.assert_array_equal(classes, model.predict(X) > 0.5)


# ---- several inputs and outputs ----


def wide_and_deep() -> fastmlp.Model:
    fastmlp.utils.set_random_seed(4)
    wide, deep = layers.Input([2], name="wide"), layers.Input([4], name="deep")
    hidden = layers.Dense(5, activation="relu")(deep)
    main = layers.Dense(1, name="main")(layers.concatenate([wide, hidden]))
    return fastmlp.Model(inputs=[wide, deep], outputs=[main, layers.Dense(CLASSES, "softmax", name="aux")(hidden)])


def test_several_inputs_and_outputs() -> None:
    model = wide_and_deep()
    model.compile(
        "sgd",
        ["mse", "sparse_categorical_crossentropy"],
        metrics={"main": "mae", "aux": ["accuracy"]},
        loss_weights=[0.9, 0.1],
    )
    y = NUMBERS[:, 0]
    history = model.fit(
        (X[:, :2], X[:, 2:]), [y, LABELS], validation_data=([X[:, :2], X[:, 2:]], (y, LABELS)), verbose=0
    )
    names = ["loss", "main_loss", "aux_loss", "main_mae", "aux_accuracy"]
    assert list(history.history) == names + [f"val_{name}" for name in names]
    by_name = ({"deep": X[:, 2:], "wide": X[:, :2]}, {"aux": LABELS, "main": y})
    logs = model.evaluate(*by_name, verbose=0, return_dict=True)
    assert isinstance(logs, dict)
    assert logs == pytest.approx({name: history.history[f"val_{name}"][0] for name in names})
    assert logs["loss"] == pytest.approx(0.9 * logs["main_loss"] + 0.1 * logs["aux_loss"])
    main, aux = model.predict([X[:, :2], X[:, 2:]])
    assert logs["main_mae"] == pytest.approx(np.abs(main[:, 0] - y).mean(), rel=1e-5)
    assert logs["aux_accuracy"] == pytest.approx((aux.argmax(axis=1) == LABELS).mean())


def test_an_output_without_a_loss_only_predicts() -> None:
    model = wide_and_deep()
    model.compile("sgd", {"main": "mse"})
    assert model.metrics_names == ["loss", "main_loss"]
    model.fit([X[:, :2], X[:, 2:]], NUMBERS[:, 0], verbose=0)
    assert len(model.predict([X[:, :2], X[:, 2:]])) == 2


def test_weights_for_each_output() -> None:
    model = wide_and_deep()
    model.compile("sgd", {"main": "mse", "aux": "sparse_categorical_crossentropy"})
    inputs, y = [X[:, :2], X[:, 2:]], {"main": NUMBERS[:, 0], "aux": LABELS}
    zero, one = np.zeros(ROWS), np.ones(ROWS)
    plain = model.evaluate(inputs, y, verbose=0)
    assert isinstance(plain, list)
    only = model.evaluate(inputs, y, sample_weight={"main": zero, "aux": one}, verbose=0)
    assert only == pytest.approx([plain[2], 0, plain[2]])
    assert model.evaluate(inputs, y, sample_weight=[zero, zero], verbose=0) == [0, 0, 0]
    assert model.evaluate(inputs, y, sample_weight=zero, verbose=0) == [0, 0, 0]


def test_targets_that_are_matrices() -> None:
    sequence = fastmlp.Sequential([layers.Dense(CLASSES, "softmax", input_shape=[3, COLUMNS], dtype="float64")])
    sequence.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, labels = RNG.standard_normal((20, 3, COLUMNS)), RNG.integers(0, CLASSES, (20, 3))
    weights = RNG.random(20)
    p = sequence.predict(x)
    rows = -np.log(np.take_along_axis(p, labels[..., np.newaxis], axis=-1))[..., 0]
    loss, accuracy = sequence.evaluate(x, labels, sample_weight=weights, verbose=0)
    assert loss == pytest.approx((rows * weights[:, np.newaxis]).mean())
    assert accuracy == pytest.approx((p.argmax(axis=-1) == labels).mean())
    sequence.fit(x, labels[..., np.newaxis], batch_size=8, epochs=2, verbose=0)
    assert sequence.optimizer.iterations == 6


# ---- compile ----


def test_a_model_is_compiled_before_its_shape_is_known() -> None:
    model = fastmlp.Sequential([layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["acc"])
    history = model.fit(X, LABELS % 3, verbose=0)
    assert list(history.history) == ["loss", "acc"]
    model.add(layers.Dense(1))
    with pytest.raises(ValueError, match=r"class indices from 0 to 0"):
        model.evaluate(X, LABELS, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "mes"}, r"Unknown loss: 'mes'. Known are: .*mean_squared_error"),
        ({"loss": "mse", "metrics": ["accurat"]}, r"Unknown metric: 'accurat'. Known are: .*accuracy"),
        ({"loss": "mse", "optimizer": "sdg"}, r"Unknown optimizer: 'sdg'. Known are: .*sgd"),
        ({"loss": ["mse", "mse"]}, r"`loss` must have one entry an output, 1. Received: 2"),
        ({"loss": {"mian": "mse"}}, r"`loss` must be given by the outputs' names \['dense_1'\]. Received: \['mian'\]"),
        ({"loss": "sparse_categorical_crossentropy", "metrics": ["mse"]}, r"must compare with class indices"),
    ],
)
def test_what_compile_cannot_take_leaves_the_model_compiled_as_it_was(arguments, message) -> None:
    model = network()
    fastmlp.utils.clear_session()
    model = network()
    model.compile("sgd", "mse", metrics=["mae"])
    optimizer = model.optimizer
    with pytest.raises(ValueError, match=message):
        model.compile(**{"optimizer": "sgd", **arguments})
    assert model.optimizer is optimizer
    assert model.metrics_names == ["loss", "mae"]


def test_a_model_that_was_not_compiled() -> None:
    with pytest.raises(RuntimeError, match=r"must be compiled first: call `compile`"):
        network().fit(X, NUMBERS)
    model = network()
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"There is nothing to judge by: give a loss or metrics to `compile`"):
        model.evaluate(X, NUMBERS)
    for metrics in (None, ["mse"]):
        model.compile("sgd", metrics=metrics)
        with pytest.raises(ValueError, match=r"Training needs a loss: give one to `compile`"):
            model.fit(X, NUMBERS)
    assert model.metrics_names == ["loss", "mse"]
    assert model.evaluate(X, NUMBERS, verbose=0) == pytest.approx([0, ((NUMBERS - model.predict(X)) ** 2).mean()])


# ---- what cannot be, and what may happen ----


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X[:, 1:]}, r"`x` must have shape \(samples, 6\) for the input '.*'. Received: shape=\(101, 5\)"),
        ({"y": NUMBERS[1:]}, r"must have the same number of samples. Received: \[101, 100\]"),
        ({"y": None}, r"`y` must be given"),
        ({"y": np.full_like(NUMBERS, np.nan)}, r"finite numbers. Received: nan at index \(0, 0\)"),
        ({"batch_size": 0}, r"`batch_size` must be a positive integer. Received: batch_size=0"),
        ({"batch_size": 2.5}, r"`batch_size` must be a positive integer. Received: batch_size=2.5"),
        ({"epochs": -1}, r"`epochs` must be an integer of at least 0. Received: epochs=-1"),
        ({"verbose": 3}, r"`verbose` must be 'auto', 0, 1 or 2. Received: verbose=3"),
        ({"validation_split": 1.0}, r"`validation_split` must be at least 0 and less than 1"),
        ({"validation_split": 0.999}, r"`validation_split` must leave samples on both sides of the 101"),
        ({"validation_data": X}, r"`validation_data` must be a tuple \(x, y\) or .* Received: ndarray of length 101"),
        ({"validation_data": (X, NUMBERS[:3])}, r"same number of samples"),
        ({"validation_freq": 0}, r"`validation_freq` must be a positive integer"),
        ({"steps_per_epoch": 0}, r"`steps_per_epoch` must be a positive integer"),
        ({"shuffle": "rows"}, r"`shuffle` must be True, False or 'batch'. Received: shuffle='rows'"),
        ({"sample_weight": [1.0]}, r"`sample_weight` must have shape \(101,\). Received: shape=\(1,\)"),
        ({"class_weight": {9: 1.0}}, r"`class_weight` must give weights of at least 0 to classes 0 to 3"),
    ],
)
def test_what_fit_cannot_take_leaves_the_model_unharmed(arguments, message) -> None:
    model = network()
    model.compile("sgd", "mse")
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(**{"x": X, "y": NUMBERS, "verbose": 0, **arguments})
    assert_same_weights(model, before, 0)
    assert model.optimizer.iterations == 0
    model.fit(X, NUMBERS, verbose=0)


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch", "test_on_batch"])
def test_a_call_that_fails_leaves_an_unbuilt_model_unbuilt(method: str) -> None:
    def made() -> fastmlp.Sequential:
        model = fastmlp.Sequential([fastmlp.Sequential([layers.Dense(7, name="inner")]), layers.Dense(CLASSES)])
        model.compile("adam", "mse")
        fastmlp.utils.set_random_seed(3)
        return model

    expected = made()
    expected.fit(X, NUMBERS, verbose=0)
    wrong = {"predict": (X[:, 1:], 32, 9), "fit": (X[:, 1:], NUMBERS, 32, 1, 9)}
    mistaken = made()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"`y` must have shape|`verbose` must be"):
            getattr(mistaken, method)(*wrong.get(method, (X[:, 1:], NUMBERS[:, 1:])))
        assert not mistaken.built
    mistaken.fit(X, NUMBERS, verbose=0)
    assert_same_weights(mistaken, expected.get_weights(), 0)


def test_a_model_that_is_not_compiled_is_not_built_by_fit() -> None:
    model = fastmlp.Sequential([layers.Dense(CLASSES)])
    with pytest.raises(RuntimeError, match=r"must be compiled first"):
        model.fit(X, NUMBERS)
    model.build((None, 2))
    assert model.count_params() == 3 * CLASSES


def test_a_callback_that_raises_leaves_whole_steps() -> None:
    class Raising(Callback):
        def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
            if batch == 3:
                raise ZeroDivisionError

    model = network()
    model.compile("sgd", "mse")
    with pytest.raises(ZeroDivisionError):
        model.fit(X, NUMBERS, batch_size=10, verbose=0, callbacks=[Raising()])
    assert model.optimizer.iterations == 3
    model.fit(X, NUMBERS, verbose=0)
    with pytest.raises(TypeError, match=r"`callbacks` must be instances of .*Callback. Received: 3"):
        model.fit(X, NUMBERS, verbose=0, callbacks=[3])


@pytest.fixture
def heard_ctrl_c() -> Iterator[None]:
    """Hear of SIGINT in a process that a shell started in the background, too, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_ctrl_c")
def test_ctrl_c_returns_at_once_with_the_weights_of_whole_steps() -> None:
    def made() -> fastmlp.Sequential:
        model = network()
        model.compile(optimizers.Adam(), "mse")
        return model

    model, twin = made(), made()
    under_way = threading.Event()

    class Telling(Callback):
        def on_progress(self, rows: int, logs: dict[str, float] | None = None) -> None:
            under_way.set()

    def press() -> None:
        under_way.wait()
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    with pytest.raises(KeyboardInterrupt):  # which is long before all steps are done: that would take hours
        model.fit(X, NUMBERS, batch_size=1, steps_per_epoch=10**12, shuffle=False, verbose=0, callbacks=[Telling()])
    thread.join()
    steps = model.optimizer.iterations
    assert 0 < steps < 10**9
    twin.fit(X, NUMBERS, batch_size=1, steps_per_epoch=steps, shuffle=False, verbose=0)
    assert_same_weights(model, twin.get_weights(), 0)
    model.fit(X, NUMBERS, verbose=0)


@pytest.mark.parametrize(("call", "quiet"), [("evaluate", {"verbose": 0}), ("train_on_batch", {})])
def test_a_callback_may_use_the_model_without_effect_on_the_logs(call: str, quiet: dict[str, int]) -> None:
    class Nesting(EveryBatch):
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            super().on_train_batch_end(batch, logs)
            getattr(self.model, call)(other, NUMBERS[:20], **quiet)

    def trained(callback: EveryBatch) -> tuple[list[float], dict[str, list[float]]]:
        model = network()
        model.compile(optimizers.SGD(0.0), "mse", metrics=["mae"])
        history = model.fit(X, NUMBERS, batch_size=20, epochs=2, verbose=0, callbacks=[callback])
        return callback.losses, history.history

    other = RNG.standard_normal((20, COLUMNS))
    assert trained(Nesting()) == trained(EveryBatch())


def test_a_model_is_judged_in_several_threads_at_once() -> None:
    model = network()
    model.compile("sgd", "mse", metrics=["mae"])
    parts = [slice(i, i + 50) for i in range(20)]
    expected = [model.evaluate(X[part], NUMBERS[part], verbose=0) for part in parts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            results = pool.map(lambda part: model.evaluate(X[part], NUMBERS[part], verbose=0), parts)
            assert list(results) == expected


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_forked_process_trains_on() -> None:
    def trained(queue: Any = None) -> Any:
        model.fit(X, NUMBERS, batch_size=16, epochs=2, shuffle=False, verbose=0)
        if queue is None:
            return model.get_weights()
        return queue.put(model.get_weights())

    model = network()
    model.compile("adam", "mse")
    trained()
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=trained, args=(queue,))
    child.start()
    weights = queue.get()
    child.join()
    for weight, other in zip(trained(), weights, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_models_train_at_the_same_time_in_several_threads() -> None:
    def trained() -> fastmlp.Sequential:
        model = network()
        model.compile(optimizers.Adam(), "mse")
        return model

    def run(model: fastmlp.Sequential) -> None:
        model.fit(X, NUMBERS, batch_size=4, epochs=50, shuffle=False, verbose=0)

    expected, models = trained(), [trained() for _ in range(3)]
    run(expected)
    threads = [threading.Thread(target=run, args=(model,)) for model in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for model in models:
        assert_same_weights(model, expected.get_weights(), 0)


@pytest.mark.parametrize("hook", ["on_epoch_begin", "on_train_batch_begin"])
def test_momentum_may_be_switched_on_during_training(hook: str) -> None:
    class Accelerating(Callback):
        def switch(self, number: int, logs: dict[str, float] | None = None) -> None:
            if number == 1:
                self.model.optimizer.momentum = 0.9

    setattr(Accelerating, hook, Accelerating.switch)
    model = network()
    model.compile(optimizers.SGD(0.01), "mse")
    model.fit(X, NUMBERS, epochs=3, verbose=0, callbacks=[Accelerating()])
    assert model.optimizer.kind == "momentum"
    assert len(model.optimizer.slots(model.trainable_variables)) == 1
