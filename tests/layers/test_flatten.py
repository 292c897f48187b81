import numpy as np
import pytest

from fastmlp.layers import Flatten


@pytest.mark.parametrize(("shape", "size"), [((28, 28), 784), ((2, 3, 4), 24), ((5,), 5), ((), 1)])
def test_samples_become_vectors(shape: tuple[int, ...], size: int) -> None:
    x = np.random.default_rng(0).random((3, *shape), np.float32)
    np.testing.assert_array_equal(Flatten()(x), x.reshape(3, size))
