import numpy as np
import pytest

from fastmlp.layers import Softmax


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)])
def test_sums_are_one(axis: int | tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(5, 4, 3))
    y = Softmax(axis, dtype="float64")(x)
    e = np.exp(x)
    np.testing.assert_allclose(y, e / e.sum(axis=axis, keepdims=True))
