import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp import layers, ops

X = np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32)


def build() -> Any:
    model = fastmlp.Sequential([layers.Dense(3, activation="relu", input_shape=(4,)), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize(
    "name", ["model.h5", "model.hdf5", "model.keras", "of/a/folder/model.keras", "model.weights.h5"]
)
def test_there_and_back(tmp_path: Path, name: str) -> None:
    model = build()
    model.fit(X, X[:, :1], verbose=0)
    model.save(str(tmp_path / name))
    other = fastmlp.models.load_model(tmp_path / name)
    np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))
    assert other.optimizer.iterations == 1
    assert model.evaluate(X, X[:, :1], verbose=0) == other.evaluate(X, X[:, :1], verbose=0)
    assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]


def test_the_content_tells_not_the_name(tmp_path: Path) -> None:
    build().save(tmp_path / "a", save_format="h5")
    build().save(tmp_path / "b.h5", save_format="keras")
    for name in ("a", "b.h5"):
        fastmlp.models.load_model(tmp_path / name)
        build().load_weights(tmp_path / name)


def test_without_training(tmp_path: Path) -> None:
    for ending in (".h5", ".keras"):
        path = tmp_path / f"model{ending}"
        build().save(path)
        assert fastmlp.models.load_model(path, compile=False).optimizer is None
        build().save(path, include_optimizer=False)
        assert fastmlp.models.load_model(path).optimizer is None
        fastmlp.Sequential([layers.Dense(3, input_shape=(4,))]).save(path)
        assert fastmlp.models.load_model(path).optimizer is None


def test_unknown_endings() -> None:
    for name in ("model", "model.tf", "model.ckpt", "folder/"):
        with pytest.raises(ValueError, match=r"must end in '\.keras', or in '\.h5'"):
            build().save(name)
        with pytest.raises(ValueError, match=r"must end in '\.weights\.h5', or in '\.h5'"):
            build().save_weights(name)
    with pytest.raises(ValueError, match=r"`save_format` must be 'keras' or 'h5'\. Received: save_format='tf'"):
        build().save("model.h5", save_format="tf")
    with pytest.raises(TypeError, match=r"`filepath` must be a string or a path\. Received: filepath=3"):
        build().save(3)


def test_models_without_weights(tmp_path: Path) -> None:
    model = fastmlp.Sequential([layers.Dense(3)])
    with pytest.raises(ValueError, match="has no weights yet"):
        model.save_weights(tmp_path / "of.weights.h5")
    with pytest.raises(ValueError, match="has no weights yet"):
        model.load_weights(tmp_path / "of.weights.h5")
    assert not list(tmp_path.iterdir())


def test_one_file_and_never_several(tmp_path: Path) -> None:
    build().save(tmp_path / "a.keras", zipped=True)
    with pytest.raises(ValueError, match=r"a model is saved in one file, .* Received: zipped=False"):
        build().save(tmp_path / "b", zipped=False)
    with pytest.raises(ValueError, match=r"weights are saved in one file, .* Received: max_shard_size=5"):
        build().save_weights(tmp_path / "b.weights.h5", max_shard_size=5)
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_no_overwriting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, save in (("model.h5", build().save), ("of.weights.h5", build().save_weights)):
        path = tmp_path / name
        save(path, overwrite=False)
        before = path.read_bytes()
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        with pytest.raises(FileExistsError, match=f"'{path}' exists and must not be replaced"):
            save(path, overwrite=False)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        for answers, replaced in ((["what", "n"], False), (["Y"], True)):
            path.write_bytes(before + b"x")
            replies = iter(answers)
            monkeypatch.setattr("builtins.input", lambda question, replies=replies: next(replies))
            save(path, overwrite=False)
            assert (path.read_bytes() == before + b"x") != replaced


class Twice(layers.Layer):
    def __init__(self, times: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.times = times

    def call(self, inputs: Any) -> Any:
        return inputs * self.times


def loss_of_mine(y_true: Any, y_pred: Any) -> Any:
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_custom_objects(tmp_path: Path, ending: str) -> None:
    model = fastmlp.Sequential([fastmlp.Input((4,)), Twice(3), layers.Dense(1)])
    model.compile("sgd", loss_of_mine)
    model.fit(X, X[:, :1], verbose=0)
    model.save(tmp_path / f"model{ending}")
    with pytest.raises(ValueError, match="Twice"):
        fastmlp.models.load_model(tmp_path / f"model{ending}")
    mine = {"Twice": Twice, "loss_of_mine": loss_of_mine}
    other = fastmlp.models.load_model(tmp_path / f"model{ending}", custom_objects=mine)
    for each in (model, other):
        each.fit(X, X[:, :1], shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_what_cannot_be_saved_leaves_no_file(tmp_path: Path, ending: str) -> None:
    model = fastmlp.Sequential([fastmlp.Input((4,)), layers.Lambda(lambda x: x * 2)])
    with pytest.raises(ValueError, match="get_config"):
        model.save(tmp_path / f"model{ending}")
    assert not list(tmp_path.iterdir())


def test_all_layers_with_weights(tmp_path: Path) -> None:
    normalization = layers.Normalization()
    normalization.adapt(X)
    inside = [normalization, layers.Dense(3), layers.PReLU(), layers.LayerNormalization(), layers.BatchNormalization()]
    model = fastmlp.Sequential([fastmlp.Input((4,)), *inside])
    model.compile("sgd", "mse")
    model.fit(X, X[:, :3], verbose=0)
    for ending in (".h5", ".keras"):
        model.save(tmp_path / f"model{ending}")
        other = fastmlp.models.load_model(tmp_path / f"model{ending}")
        np.testing.assert_array_equal(model.predict(X, verbose=0), other.predict(X, verbose=0))
