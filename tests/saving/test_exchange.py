"""Files to and from Keras 3 itself: the same predictions, and the same epoch after it."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from real_keras import keras
from saving.exchanged import MODELS, assert_same, train

import fastmlp

EPOCH = 2e-4  # relative, after one more epoch in float32


@pytest.fixture(autouse=True)
def _tamed() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Keras: that .h5 is legacy, that input_shape is old, ...
        yield


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("name", MODELS)
def test_from_keras(name: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"model{ending}"
    theirs = MODELS[name](keras)
    train(name, theirs, epochs=2)
    theirs.save(path)
    ours = fastmlp.models.load_model(path)
    assert_same(name, ours, theirs)
    train(name, ours)
    train(name, theirs)
    assert_same(name, ours, theirs, EPOCH)


@pytest.mark.parametrize("name", MODELS)
def test_to_keras(name: str, tmp_path: Path) -> None:
    ours = MODELS[name](fastmlp)
    train(name, ours, epochs=2)
    ours.save(tmp_path / "model.keras")
    theirs = keras.models.load_model(tmp_path / "model.keras")
    assert_same(name, ours, theirs)
    train(name, ours)
    train(name, theirs)
    assert_same(name, ours, theirs, EPOCH)


# Keras 3 does not read a model inside of a model from any .h5 that tf_keras would read, tf_keras' own included.
@pytest.mark.parametrize("name", [name for name in MODELS if name != "nested"])
def test_h5_to_keras(name: str, tmp_path: Path) -> None:
    ours = MODELS[name](fastmlp)
    train(name, ours)
    ours.save(tmp_path / "model.h5")
    assert_same(name, ours, keras.models.load_model(tmp_path / "model.h5"))


@pytest.mark.parametrize("name", MODELS)
def test_weights_both_ways(name: str, tmp_path: Path) -> None:
    path = tmp_path / "of.weights.h5"
    for source, target in ((fastmlp, keras), (keras, fastmlp)):
        model, other = MODELS[name](source), MODELS[name](target)
        train(name, model, epochs=2)
        train(name, other)  # so that its optimizer has slots
        model.save_weights(path)
        other.load_weights(path)
        assert_same(name, model, other)
        train(name, model)
        train(name, other)
        assert_same(name, model, other, EPOCH)


@pytest.mark.parametrize("name", MODELS)
def test_h5_weights_to_keras(name: str, tmp_path: Path) -> None:
    model, other = MODELS[name](fastmlp), MODELS[name](keras)
    train(name, model)
    model.save_weights(tmp_path / "of.h5")
    other.load_weights(tmp_path / "of.h5")
    assert_same(name, model, other)


def test_subclasses_have_the_same_paths(tmp_path: Path) -> None:
    def build(k: Any) -> Any:
        class Sub(k.Model):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.second = k.layers.Dense(3, name="alpha")
                self.first = k.layers.Dense(4, activation="tanh", name="omega")
                self.blocks = [k.layers.Dense(4), k.layers.Dense(4)]
                self._hidden = k.layers.Dense(4)

            def call(self, x: Any) -> Any:
                x = self.first(x)
                for block in (*self.blocks, self._hidden):
                    x = block(x)
                return self.second(x)

        model = Sub()
        model.compile(optimizer="sgd", loss="mse")
        return model

    path = tmp_path / "of.weights.h5"
    for source, target in ((fastmlp, keras), (keras, fastmlp)):
        model, other = build(source), build(target)
        train("", model)
        train("", other)
        model.save_weights(path)
        other.load_weights(path)
        assert_same("", model, other)


OPTIMIZERS: dict[str, dict[str, Any]] = {
    "Adadelta": {},
    "Adafactor": {},
    "Adagrad": {},
    "AdamW": {"amsgrad": True},  # no averages: with them, Keras cannot fit twice on JAX
    "Adamax": {"clipnorm": 1.0},
    "Ftrl": {},
    "Lamb": {},
    "Lion": {"gradient_accumulation_steps": 2},
    "Nadam": {},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "SGD": {},
    "ScheduleFreeAdamW": {},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_both_ways(name: str, tmp_path: Path) -> None:
    for source, target in ((fastmlp, keras), (keras, fastmlp)):
        model = source.Sequential([source.Input((6,)), source.layers.Dense(3, activation="tanh")])
        rate = source.optimizers.schedules.InverseTimeDecay(0.02, 3, 0.5)
        model.compile(getattr(source.optimizers, name)(learning_rate=rate, **OPTIMIZERS[name]), "mse")
        train("", model, epochs=2)
        model.save(tmp_path / "model.keras")
        other = target.models.load_model(tmp_path / "model.keras")
        train("", model)
        train("", other)
        assert_same("", model, other, EPOCH)
