"""Losses and metrics of the user's own, in fit: in ops, in NumPy, of rows, of batches, with state."""

from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp import layers, losses, metrics, ops, optimizers
from fastmlp.callbacks import Callback

RNG = np.random.default_rng(0)
ROWS, BATCH = 50, 16
X = RNG.standard_normal((ROWS, 6))
Y = RNG.standard_normal((ROWS, 3))
WEIGHTS = RNG.random(ROWS)


def compiled(loss: Any = "mse", **arguments: Any) -> fastmlp.Sequential:
    fastmlp.utils.set_random_seed(2)
    model = fastmlp.Sequential(
        [
            layers.Dense(5, activation="tanh", input_shape=[6], dtype="float64"),
            layers.Dense(3, dtype="float64"),
        ]
    )
    model.compile(optimizers.SGD(0.1), loss, **arguments)
    return model


def fitted(model: fastmlp.Model, **arguments: Any) -> dict[str, list[Any]]:
    return model.fit(X, Y, **{"batch_size": BATCH, "epochs": 2, "shuffle": False, "verbose": 0, **arguments}).history


def assert_same(model: fastmlp.Model, expected: fastmlp.Model) -> None:
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-10, atol=1e-12)


# ---- losses ----


def of_rows(y_true: Any, y_pred: Any) -> Any:
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def of_elements(y_true: Any, y_pred: Any) -> Any:
    return ops.square(y_true - y_pred)


def of_the_batch(y_true: Any, y_pred: Any) -> Any:
    return ops.mean(ops.square(y_true - y_pred))


class Own(losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return of_rows(y_true, y_pred)


@pytest.mark.parametrize("loss", [of_rows, of_elements, of_the_batch, Own(), losses.MeanSquaredError("mean")])
def test_a_loss_of_ones_own_trains_as_the_engines_does(loss: Any) -> None:
    model, expected = compiled(loss), compiled()
    history, other = fitted(model, validation_split=0.3), fitted(expected, validation_split=0.3)
    for name, values in other.items():
        np.testing.assert_allclose(history[name], values)
    assert_same(model, expected)
    np.testing.assert_allclose(model.evaluate(X, Y, verbose=0), expected.evaluate(X, Y, verbose=0))


@pytest.mark.parametrize("loss", [of_rows, of_elements, Own()])
def test_it_is_weighted(loss: Any) -> None:
    model, expected = compiled(loss), compiled()
    np.testing.assert_allclose(
        fitted(model, sample_weight=WEIGHTS)["loss"], fitted(expected, sample_weight=WEIGHTS)["loss"]
    )
    assert_same(model, expected)


def test_reductions() -> None:
    """Of one batch, a step of sums is that of means times the rows, and one by weights that over their mean."""
    by_sum, by_weight, expected = (
        compiled(losses.MeanSquaredError("sum")),
        compiled(losses.MeanSquaredError("mean_with_sample_weight")),
        compiled(),
    )
    mean = expected.train_on_batch(X, Y, WEIGHTS)
    by_sum.optimizer.learning_rate = 0.1 / ROWS
    assert by_sum.train_on_batch(X, Y, WEIGHTS) == pytest.approx(mean * ROWS)
    by_weight.optimizer.learning_rate = 0.1 * WEIGHTS.mean()
    assert by_weight.train_on_batch(X, Y, WEIGHTS) == pytest.approx(mean / WEIGHTS.mean())
    for model in (by_sum, by_weight):
        assert_same(model, expected)


def test_targets_are_as_they_were_given() -> None:
    seen = []

    def loss(y_true: Any, y_pred: Any) -> Any:
        seen.append(y_true.shape)
        return ops.mean(ops.square(y_pred - ops.mean(y_true)), axis=-1)

    model = compiled(loss)
    for y in (Y[:, 0], Y[:, :2], np.zeros((ROWS, 4, 2))):
        model.fit(X, y, verbose=0)
    assert list(dict.fromkeys(seen)) == [(None,), (None, 2), (None, 4, 2)]


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda y_true, y_pred: np.abs(y_true - y_pred), r"must be written with fastmlp.ops"),
        (lambda y_true, y_pred: 1.0, r"Loss '<lambda>' must return a Tensor. Received: 1.0"),
        (losses.MeanSquaredError("none"), r"whose reduction is a number: .* with reduction='none'"),
    ],
)
def test_losses_that_cannot_be_trained_with(loss: Any, message: str) -> None:
    model = compiled(loss)
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        fitted(model)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_a_loss_of_its_own_beside_one_of_the_engines() -> None:
    inputs = layers.Input([6], dtype="float64")
    one = layers.Dense(3, name="one", dtype="float64")(inputs)
    two = layers.Dense(3, name="two", dtype="float64")(inputs)
    model = fastmlp.Model(inputs, [one, two])
    model.compile("sgd", {"one": of_rows, "two": "mae"}, loss_weights={"one": 0.5, "two": 2.0}, metrics={"two": "mse"})
    history = model.fit(X, [Y, Y], batch_size=BATCH, verbose=0).history
    assert list(history) == ["loss", "one_loss", "two_loss", "two_mse"]
    assert history["loss"] == pytest.approx([0.5 * history["one_loss"][0] + 2 * history["two_loss"][0]])


def test_losses_that_layers_add_are_enough() -> None:
    class Small(layers.Layer):
        def call(self, inputs: Any) -> Any:
            self.add_loss(ops.mean(ops.square(inputs)))
            return inputs

    model = fastmlp.Sequential([layers.Dense(3, input_shape=[6], dtype="float64"), Small(dtype="float64")])
    model.compile(optimizers.SGD(0.1))
    before = (model.predict(X) ** 2).mean()
    history = model.fit(X, epochs=3, batch_size=ROWS, verbose=0).history
    assert list(history) == ["loss"]
    assert history["loss"][0] == pytest.approx(before)
    assert history["loss"][2] < history["loss"][1] < history["loss"][0]
    assert model.evaluate(X, verbose=0) == pytest.approx((model.predict(X) ** 2).mean())


# ---- metrics ----


def in_ops(y_true: Any, y_pred: Any) -> Any:
    return ops.max(ops.abs(y_true - y_pred), axis=-1)


def in_numpy(y_true: Any, y_pred: Any) -> Any:
    return np.abs(y_true - y_pred).max(axis=-1)


def number(y_true: Any, y_pred: Any) -> float:
    return float(np.abs(y_true - y_pred).max())


class Largest(metrics.Metric):
    """Not a mean: the largest error since the last reset."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.largest = self.add_weight(name="largest")
        self.batches: list[int] = []

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.batches.append(len(y_true))
        self.largest.assign(max(float(self.largest), float(np.abs(y_true - y_pred).max())))

    def result(self) -> Any:
        return float(self.largest)


def test_metrics_see_what_the_engine_computes() -> None:
    largest = Largest(name="largest")
    model = compiled(metrics=[in_ops, in_numpy, number, largest, "mae"], weighted_metrics=[in_numpy])
    errors = np.abs(Y - model.predict(X))
    rows, batches = errors.max(axis=1), [errors[first : first + BATCH].max() for first in range(0, ROWS, BATCH)]
    result = model.evaluate(X, Y, BATCH, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    assert list(result) == ["loss", "in_ops", "in_numpy", "number", "largest", "mae", "weighted_in_numpy"]
    assert result["in_ops"] == pytest.approx(rows.mean())
    assert result["in_numpy"] == pytest.approx(rows.mean())
    assert result["number"] == pytest.approx(np.mean(batches))
    assert result["largest"] == pytest.approx(errors.max())
    assert result["mae"] == pytest.approx(errors.mean())
    assert result["weighted_in_numpy"] == pytest.approx(np.average(rows, weights=WEIGHTS))
    assert largest.batches == [16, 16, 16, 2]


@pytest.mark.parametrize("shuffle", [False, True])
def test_metrics_of_training_are_of_the_outputs_before_each_step(shuffle: bool) -> None:
    model = compiled(metrics=[in_numpy, in_ops, number, Largest(name="largest")])
    history = fitted(model, shuffle=shuffle, epochs=3, validation_split=0.2)
    np.testing.assert_allclose(history["in_numpy"], history["in_ops"])
    np.testing.assert_allclose(history["val_in_numpy"], history["val_in_ops"])
    again = compiled(metrics=[in_numpy, in_ops, number, Largest(name="largest")])

    class EveryBatch(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            assert logs["in_numpy"] == pytest.approx(logs["in_ops"])

    assert fitted(again, shuffle=shuffle, epochs=3, validation_split=0.2, callbacks=[EveryBatch()]) == history
    plain = compiled()
    fitted(plain, shuffle=shuffle, epochs=3, validation_split=0.2)
    assert_same(model, plain)


def test_a_metric_of_several_numbers() -> None:
    class Columns(metrics.Metric):
        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.errors = np.abs(y_true - y_pred).mean(axis=0)

        def result(self) -> Any:
            return {f"column_{i}": value for i, value in enumerate(self.errors)}

        def reset_state(self) -> None:
            pass

    model = compiled(metrics=[Columns()])
    history = fitted(model, batch_size=ROWS, validation_data=(X, Y))
    assert [name for name in history if name.startswith("val_c")] == ["val_column_0", "val_column_1", "val_column_2"]
    np.testing.assert_allclose(history["val_column_1"][-1], np.abs(Y - model.predict(X)).mean(axis=0)[1])


def test_the_metrics_of_a_model() -> None:
    largest = Largest(name="largest")
    model = compiled(metrics=[largest, "mae", "accuracy"])
    assert model.metrics_names == ["loss", "largest", "mae", "accuracy"]
    assert largest in model.metrics
    model.evaluate(X, Y, verbose=0)
    assert largest.result() > 0
    assert model.get_metrics_result() == {"largest": largest.result(), "mae": model.metrics[1].result()}
    model.reset_metrics()
    assert largest.result() == 0


def test_steps_of_ones_own_are_refused() -> None:
    class Steering(fastmlp.Sequential):
        def train_step(self, data: Any) -> Any:
            return {}

    with pytest.raises(NotImplementedError, match=r"Received: Steering with train_step, which would never be called"):
        Steering([layers.Dense(1)]).compile("sgd", "mse")


# ---- how often Python looks up ----


def test_hooks_are_called_after_so_many_steps_as_compile_says() -> None:
    class Counting(Callback):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[Any] = []

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            self.calls.append(("begin", batch))

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.calls.append(("end", batch))

    model, expected, counting = compiled(), compiled(), Counting()
    model.compile(model.optimizer, "mse", steps_per_execution=3)
    fitted(model, callbacks=[counting], epochs=1)
    assert counting.calls == [("begin", 0), ("end", 2), ("begin", 3), ("end", 3)]
    fitted(expected, epochs=1)
    assert_same(model, expected)


@pytest.mark.parametrize("batch_hooks", [False, True])
def test_an_optimizer_in_python(batch_hooks: bool) -> None:
    class Plain(optimizers.Optimizer):
        def update_step(self, gradient: Any, variable: Any, learning_rate: float) -> None:
            self.assign_sub(variable, learning_rate * gradient)

    class Hook(Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            pass

    model, expected = compiled(metrics=[number]), compiled(metrics=[number])
    model.compile(Plain(learning_rate=0.1, name="plain"), "mse", metrics=[number])
    callbacks = [Hook()] if batch_hooks else []
    history, other = fitted(model, callbacks=callbacks), fitted(expected)
    for name, values in other.items():
        np.testing.assert_allclose(history[name], values)
    assert_same(model, expected)
    assert model.optimizer.iterations == 8


def test_a_constraint_in_python() -> None:
    fastmlp.utils.set_random_seed(2)

    def nonnegative(weights: Any) -> Any:
        return np.maximum(weights, 0)

    model = fastmlp.Sequential([layers.Dense(3, input_shape=[6], kernel_constraint=nonnegative)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert model.get_weights()[0].min() >= 0
