import numpy as np

from fastmlp.layers import Rescaling

X = np.arange(12, dtype=np.float32).reshape(2, 2, 3)


def test_scale_and_offset() -> None:
    np.testing.assert_allclose(Rescaling(1 / 4, offset=-1)(X), X / 4 - 1)
    np.testing.assert_allclose(Rescaling([1, 2, 3], [[0, 1, 0]])(X), X * [1, 2, 3] + [0, 1, 0])
    assert Rescaling(0.5).get_config()["offset"] == 0.0
