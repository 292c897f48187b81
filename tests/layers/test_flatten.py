import numpy as np
import pytest

from fastmlp.layers import Flatten


@pytest.mark.parametrize(("shape", "size"), [((28, 28), 784), ((2, 3, 4), 24), ((5,), 5), ((), 1)])
def test_samples_become_vectors(shape: tuple[int, ...], size: int) -> None:
    x = np.random.default_rng(0).random((3, *shape), np.float32)
    np.testing.assert_array_equal(Flatten()(x), x.reshape(3, size))


def test_channels_may_come_first() -> None:
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
    np.testing.assert_array_equal(Flatten("channels_first")(x), x.transpose(0, 2, 3, 1).reshape(2, 12))
    np.testing.assert_array_equal(Flatten(data_format="channels_last")(x), x.reshape(2, 12))
    with pytest.raises(ValueError, match=r"`data_format` must be one of .* Received: data_format='first'"):
        Flatten("first")
