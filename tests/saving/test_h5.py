from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import fastmlp
from fastmlp import layers
from fastmlp.saving.safe import ModelFileError

X = np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32)


def stack(*names: str, units: int = 3) -> Any:
    inside = [layers.Dense(units, name=name) for name in names]
    return fastmlp.Sequential([fastmlp.Input((4,)), *inside])


def same(model: Any, other: Any) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True))


def test_weights_go_by_order(tmp_path: Path) -> None:
    model, other = stack("a", "b"), stack("b", "c")
    model.save_weights(tmp_path / "of.h5")
    other.load_weights(tmp_path / "of.h5")
    assert same(model, other)


def test_weights_go_by_name(tmp_path: Path) -> None:
    model, other = stack("a", "b"), stack("x", "b", "a")
    before = other.get_layer("x").get_weights()
    model.get_layer("b").set_weights([np.ones((3, 3)), np.ones(3)])
    model.save_weights(tmp_path / "of.h5")
    with pytest.warns(UserWarning, match="Skipped: 'a/kernel' expects shape"):
        other.load_weights(tmp_path / "of.h5", by_name=True, skip_mismatch=True)
    np.testing.assert_array_equal(other.get_layer("b").get_weights()[0], np.ones((3, 3)))
    np.testing.assert_array_equal(other.get_layer("x").get_weights()[0], before[0])


def test_what_does_not_fit(tmp_path: Path) -> None:
    stack("a", "b").save_weights(tmp_path / "of.h5")
    with pytest.raises(ModelFileError, match=r"for the 1 layers with weights of model .* Received: 2 layers"):
        stack("a").load_weights(tmp_path / "of.h5")
    other = stack("a", "b", units=5)
    before = other.get_weights()
    with pytest.raises(ModelFileError, match=r"'a/kernel' expects shape \(4, 5\). Received: shape=\(4, 3\)"):
        other.load_weights(tmp_path / "of.h5")
    with pytest.warns(UserWarning, match="Skipped"):
        other.load_weights(tmp_path / "of.h5", skip_mismatch=True)
    for now, then in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    without = fastmlp.Sequential(
        [layers.Dense(3, use_bias=False, name="a", input_shape=(4,)), layers.Dense(3, name="b")]
    )
    with pytest.raises(ModelFileError, match=r"layer 'a' expects 1 weights\. Received: 2"):
        without.load_weights(tmp_path / "of.h5")


def test_long_lists_of_names_are_split(tmp_path: Path) -> None:
    """900 names of 100 bytes do not fit one attribute."""
    names = [f"{number:0100d}" for number in range(900)]
    model, other = (fastmlp.Sequential([layers.Dense(1, name=name) for name in names]) for _ in range(2))
    for each in (model, other):
        each.build((None, 1))
    model.save_weights(tmp_path / "of.h5")
    with h5py.File(tmp_path / "of.h5") as file:
        assert "layer_names" not in file.attrs
        assert len(file.attrs["layer_names0"]) + len(file.attrs["layer_names1"]) == 900
    other.load_weights(tmp_path / "of.h5")
    assert same(model, other)


def test_layers_of_one_name_in_two_models(tmp_path: Path) -> None:
    def build() -> Any:
        inner = [fastmlp.Sequential([fastmlp.Input((4,)), layers.Dense(4, name="same")]) for _ in range(2)]
        return fastmlp.Sequential([fastmlp.Sequential([fastmlp.Input((4,)), *inner], name="outer")])

    model, other = build(), build()
    model.save_weights(tmp_path / "of.h5")
    other.load_weights(tmp_path / "of.h5")
    assert same(model, other)


def test_a_frozen_layer(tmp_path: Path) -> None:
    def build() -> Any:
        norm = layers.BatchNormalization(trainable=False)
        inner = fastmlp.Sequential([fastmlp.Input((4,)), layers.Dense(3), norm, layers.Dense(2)], name="inner")
        return fastmlp.Sequential([inner, layers.Dense(2)])

    model, other = build(), build()
    model.set_weights([np.random.default_rng(i).random(w.shape) for i, w in enumerate(model.get_weights())])
    model.save(tmp_path / "model.h5")
    other.load_weights(tmp_path / "model.h5")
    loaded = fastmlp.models.load_model(tmp_path / "model.h5")
    assert same(model, other)
    assert same(model, loaded)


@pytest.mark.parametrize(
    "optimizer", ["sgd", "adam", "nadam", "ftrl", "rmsprop", "adadelta", "adamax", "lion", "lamb", "adafactor"]
)
@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_every_optimizer_goes_on(tmp_path: Path, optimizer: str, ending: str) -> None:
    model = stack("a", "b")
    model.compile(optimizer, "mse")
    model.fit(X, X[:, :3], epochs=2, verbose=0)
    model.save(tmp_path / f"model{ending}")
    other = fastmlp.models.load_model(tmp_path / f"model{ending}")
    assert other.optimizer.iterations == model.optimizer.iterations > 0
    for each in (model, other):
        each.fit(X, X[:, :3], shuffle=False, verbose=0)
    assert same(model, other)


def test_settings_of_optimizers(tmp_path: Path) -> None:
    rate = fastmlp.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    for optimizer in (
        fastmlp.optimizers.Adam(rate, amsgrad=True, use_ema=True, weight_decay=0.01),
        fastmlp.optimizers.RMSprop(0.1, momentum=0.5, centered=True, clipnorm=1.0),
        fastmlp.optimizers.SGD(1 / 3, momentum=0.5, gradient_accumulation_steps=2),
    ):
        model = stack("a")
        model.compile(optimizer, "mse")
        model.fit(X, X[:, :3], batch_size=7, verbose=0)
        model.save(tmp_path / "model.keras")
        other = fastmlp.models.load_model(tmp_path / "model.keras")
        for each in (model, other):
            each.fit(X, X[:, :3], batch_size=7, shuffle=False, verbose=0)
        assert same(model, other)


def test_an_optimizer_that_does_not_fit(tmp_path: Path) -> None:
    model = stack("a")
    model.compile("adam", "mse")
    model.fit(X, X[:, :3], verbose=0)
    model.save_weights(tmp_path / "of.weights.h5")
    model.compile("rmsprop", "mse")
    with pytest.warns(UserWarning, match="does not fit 'rm_sprop.* Expected 2 arrays for its slots. Received: 6"):
        model.load_weights(tmp_path / "of.weights.h5")
    assert model.optimizer.iterations == 0
