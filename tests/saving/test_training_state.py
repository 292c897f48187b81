from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp import layers
from fastmlp.saving.training_state import load_training_state, save_training_state

X = np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32)


def build(units: int = 3) -> Any:
    model = fastmlp.Sequential([layers.Dense(units, activation="tanh", input_shape=(4,)), layers.Dense(1)])
    model.compile(fastmlp.optimizers.Adam(1 / 3), "mse")
    return model


def train(model: Any) -> None:
    model.fit(X, X[:, :1], batch_size=7, shuffle=False, verbose=0)


def test_a_training_goes_on_to_the_bit(tmp_path: Path) -> None:
    model, other = build(), build()
    train(model)
    model.optimizer.learning_rate = 0.1  # no number of 32 bits
    save_training_state(tmp_path / "state", model, {"epoch": 3, "random": [2**70, "x"]})
    assert load_training_state(tmp_path / "state", other) == {"epoch": 3, "random": [2**70, "x"]}
    assert other.optimizer.learning_rate == 0.1
    for each in (model, other):
        train(each)
    for mine, yours in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_what_is_none_or_of_another_model(tmp_path: Path) -> None:
    path = tmp_path / "of.weights.h5"
    build().save_weights(path)
    with pytest.raises(ValueError, match="holds no state of a training"):
        load_training_state(path, build())
    save_training_state(path, build(), {})
    with pytest.raises(ValueError, match="expects weights of shapes"):
        load_training_state(path, build(5))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=f"'{path}' cannot be loaded"):
        load_training_state(path, build())
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_training_state(tmp_path / "none", build())
