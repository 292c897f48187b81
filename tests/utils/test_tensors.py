import numpy as np
import pytest

import fastmlp as keras
from fastmlp import layers, utils


def test_tensors() -> None:
    x = keras.Input((2,))
    assert utils.is_keras_tensor(x)
    assert utils.is_keras_tensor(layers.Dense(1)(x))
    assert not utils.is_keras_tensor(np.ones(2))


def test_sources() -> None:
    x, y, z = keras.Input((2,)), keras.Input((2,)), keras.Input((2,))
    both = layers.add([layers.Dense(2)(x), y])
    assert utils.get_source_inputs(both) == [x, y]
    assert utils.get_source_inputs(layers.add([both, y, z])) == [x, y, z]
    assert utils.get_source_inputs(x) == [x]
    with pytest.raises(ValueError, match="Expected a tensor"):
        utils.get_source_inputs(np.ones(2))  # type: ignore[arg-type]


def test_a_deep_graph() -> None:
    x = tensor = keras.Input((2,))
    for _ in range(3000):
        tensor = layers.add([tensor, tensor])
    assert utils.get_source_inputs(tensor) == [x]
