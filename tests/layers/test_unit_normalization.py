import numpy as np
import pytest

from fastmlp.layers import UnitNormalization


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)])
def test_vectors_have_length_one_but_zeros_stay(axis: int | tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(5, 4, 3))
    x[0] = 0
    y = UnitNormalization(axis, dtype="float64")(x)
    lengths = np.sqrt((y**2).sum(axis=axis))
    np.testing.assert_allclose(lengths[1:], np.ones_like(lengths[1:]))
    assert not y[0].any()
    np.testing.assert_allclose(y * (x * y).sum(axis=axis, keepdims=True), x)
