"""Subclasses: `call` is traced once an epoch, or for every batch where it asks for values."""

from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import ops

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
Y = np.random.default_rng(1).normal(size=(64, 1)).astype("float32")


class Counting(keras.Model):
    """Counts how often `call` is traced, and for what."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = keras.layers.Dense(5, activation="tanh")
        self.out = keras.layers.Dense(1)
        self.phases: list[bool | None] = []

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        self.phases.append(training)
        return self.out(self.hidden(inputs))


def test_call_is_traced_once_an_epoch_and_told_of_training() -> None:
    model = Counting()
    model.compile(loss="mse", optimizer="sgd")
    model.build((None, 4))
    model.phases.clear()
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0, validation_data=(X, Y))
    assert model.phases == [True, False] * 3
    model.phases.clear()
    model.evaluate(X, Y, verbose=0)
    model.predict(X)
    model(X)
    assert model.phases == [False] * 3


def test_run_eagerly_traces_every_batch() -> None:
    model = Counting()
    model.compile(loss="mse", optimizer="sgd", run_eagerly=True)
    model.build((None, 4))
    model.phases.clear()
    model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    assert model.phases == [True] * 8


def test_a_static_subclass_trains_as_its_functional_twin() -> None:
    subclass = Counting()
    subclass.compile(loss="mse", optimizer="adam")
    subclass.build((None, 4))
    x = keras.Input((4,))
    functional = keras.Model(x, keras.layers.Dense(1)(keras.layers.Dense(5, activation="tanh")(x)))
    functional.compile(loss="mse", optimizer="adam")
    functional.set_weights(subclass.get_weights())
    histories = [m.fit(X, Y, epochs=3, shuffle=False, verbose=0).history["loss"] for m in (subclass, functional)]
    assert histories[0] == histories[1]
    for a, b in zip(subclass.get_weights(), functional.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


class Branching(keras.Model):
    """Doubles what it makes of batches whose mean is positive, and loops as often as a counter says."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)
        self.calls = 0

    def call(self, inputs: Any) -> Any:
        self.calls += 1
        y = self.dense(inputs)
        if ops.mean(inputs) > 0:
            y = 2 * y
        for _ in range(int(ops.mean(ops.abs(inputs)) > 100) + 1):
            y = y + 1
        return y


def test_branches_on_values_are_taken_batch_by_batch() -> None:
    model = Branching()
    up, down = np.full((4, 2), 3.0, "float32"), np.full((4, 2), -3.0, "float32")
    both = np.concatenate([up, down, 100 * up])
    np.testing.assert_allclose(model(up), np.full((4, 1), 13.0))
    np.testing.assert_allclose(model(down), np.full((4, 1), -5.0))
    expected = np.repeat([[13.0], [-5.0], [1202.0]], 4, axis=0)
    np.testing.assert_allclose(model.predict(both, batch_size=4), expected)
    model.compile(loss="mae", optimizer=keras.optimizers.SGD(0.0))
    assert model.evaluate(both, np.zeros((12, 1)), batch_size=4, verbose=0) == pytest.approx(np.abs(expected).mean())
    model.calls = 0
    model.fit(both, np.zeros((12, 1)), batch_size=4, epochs=2, shuffle=False, verbose=0)
    assert model.calls == 1 + 6  # the first epoch found that values are needed


def test_gradients_follow_the_branch_taken() -> None:
    model = Branching()
    model.compile(loss="mae", optimizer=keras.optimizers.SGD(0.01))
    model(np.ones((1, 2)))
    model.train_on_batch(np.ones((1, 2)), np.zeros((1, 1)))  # d|2 w x + 1| / dw = 2
    np.testing.assert_allclose(model.get_weights()[0], [[1 - 0.02], [1 - 0.02]], rtol=1e-6)


class Scaled(keras.layers.Layer):
    """A layer of one's own: a weight, a regularizer, a loss, and another way in training."""

    def __init__(self, penalty: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.penalty = penalty

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        y = inputs * self.scale
        self.add_loss(self.penalty * ops.sum(ops.square(self.scale)))
        return y * 3 if training else y


def test_a_layer_of_ones_own_in_a_functional_model() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, Scaled(0.5)(x))
    model.compile(loss="mae", optimizer=keras.optimizers.SGD(0.1))
    np.testing.assert_allclose(model.predict(X), X, rtol=1e-6)
    zeros = np.zeros_like(X)
    assert model.evaluate(X, zeros, verbose=0) == pytest.approx(np.abs(X).mean() + 0.5 * 4, rel=1e-5)
    loss = model.train_on_batch(X, zeros)
    assert loss == pytest.approx(3 * np.abs(X).mean() + 0.5 * 4, rel=1e-5)
    gradient = 3 * np.abs(X).sum(axis=0) / X.size + 0.5 * 2
    np.testing.assert_allclose(model.get_weights()[0], 1 - 0.1 * gradient, rtol=1e-5)


def test_models_within_models() -> None:
    class Outer(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.blocks = [Counting(), Scaled()]
            self.named = {"last": keras.layers.Dense(2)}

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            x = self.blocks[0](inputs)
            return self.named["last"](self.blocks[1](x))

    model = Outer()
    model.compile(loss="mse", optimizer="sgd")
    model.fit(X, np.zeros((64, 2)), epochs=2, verbose=0)
    assert len(model.trainable_variables) == 4 + 1 + 2
    assert [type(layer).__name__ for layer in model.layers] == ["Counting", "Scaled", "Dense"]
    before = model.get_weights()
    model.blocks[0].trainable = False
    model.fit(X, np.zeros((64, 2)), epochs=1, verbose=0)
    for old, new, variable in zip(before, model.get_weights(), model.variables, strict=True):
        assert (old == new).all() == (not variable.trainable)


def test_inputs_by_name_and_outputs_as_a_dict() -> None:
    class Named(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs["left"] - inputs["right"])

    model = Named()
    np.testing.assert_allclose(model.predict({"left": X, "right": X}), 0.0, atol=1e-6)
    with pytest.raises(ValueError, match="left"):
        model.predict({"left": X})


def test_a_value_outside_of_a_batch_is_refused() -> None:
    with pytest.raises(TypeError, match="has no value"):
        float(ops.sum(keras.Input((3,))))


def test_a_call_that_raises_leaves_the_model_as_it_was() -> None:
    class Failing(Counting):
        fail = True

        def call(self, inputs: Any, training: bool | None = None) -> Any:
            y = super().call(inputs, training)
            if self.fail:
                raise KeyError("mine")
            return y

    model = Failing()
    model.compile(loss="mse", optimizer="sgd")
    with pytest.raises(KeyError, match="mine"):
        model.fit(X, Y, verbose=0)
    assert not model.built
    assert model.variables == []
    model.fail = False
    model.fit(X, Y, verbose=0)
    assert len(model.variables) == 4


def test_a_subclass_from_code_without_a_name() -> None:
    names: dict[str, Any] = {"keras": keras, "__name__": None}
    code = "class Sum(keras.Model):\n    def call(self, inputs):\n        return inputs[:, :1] + inputs[:, 1:]"
    exec(code, names)
    model = names["Sum"]()
    model.compile("sgd", "mse")
    history = model.fit(np.ones((4, 2)), np.full((4, 1), 2.0), verbose=0)
    assert history.history["loss"] == [0]
