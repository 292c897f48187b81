from functools import reduce

import numpy as np
import pytest

from fastmlp import layers
from fastmlp.layers import Add, Average, Input, Maximum, Minimum, Multiply, Subtract
from fastmlp.layers.merging.elementwise import Merge

A, B, C = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Add, A + B + C),
        (Multiply, A * B * C),
        (Average, (A + B + C) / 3),
        (Maximum, reduce(np.maximum, (A, B, C))),
        (Minimum, reduce(np.minimum, (A, B, C))),
    ],
)
def test_of_several(layer: type[Merge], expected: np.ndarray) -> None:
    np.testing.assert_allclose(layer()([A, B, C]), expected, rtol=1e-6)
    function = getattr(layers, layer.__name__.lower())
    np.testing.assert_allclose(function([A, B, C], name="mine"), expected, rtol=1e-6)
    np.testing.assert_array_equal(layer()([A]), A)


def test_of_two() -> None:
    np.testing.assert_array_equal(Subtract()([A, B]), A - B)
    np.testing.assert_array_equal(layers.subtract([A, B]), A - B)
    with pytest.raises(ValueError, match="'subtract' expects two tensors"):
        Subtract(name="subtract")([A, B, C])


def test_axes_of_size_one_and_missing_ones_are_broadcast() -> None:
    x, y = np.ones((2, 3, 4), np.float32), np.arange(8, dtype=np.float32).reshape(2, 4)
    np.testing.assert_array_equal(Add()([x, y]), x + y[:, None])
    np.testing.assert_array_equal(Multiply()([x, x[:, :1]]), x)


def test_the_input_is_a_list_of_tensors() -> None:
    with pytest.raises(ValueError, match="'add' expects a list of tensors"):
        Add(name="add")(Input((3,)))
    with pytest.raises(ValueError, match="shapes that broadcast"):
        Add()([Input((3,)), Input((4,))])
