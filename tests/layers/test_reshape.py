import numpy as np
import pytest

from fastmlp.layers import Input, Reshape


@pytest.mark.parametrize("target", [(28, 28), (-1, 7), (784,), (4, 7, 28), [2, -1, 8]])
def test_elements_keep_their_order(target: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random((3, 784), np.float32)
    np.testing.assert_array_equal(Reshape(target)(x), x.reshape(3, *target))


@pytest.mark.parametrize("target", [5, "ab", (2.5, 2), (), None])
def test_the_target_is_a_tuple_of_integers(target: object) -> None:
    with pytest.raises(ValueError, match=r"`target_shape` must be a tuple of integers. Received: target_shape="):
        Reshape(target)  # type: ignore[arg-type]


def test_sizes_must_agree() -> None:
    with pytest.raises(ValueError, match=r"Cannot reshape samples of shape \(6,\) into `shape`. Received: \(4,\)"):
        Reshape((4,))(Input((6,)))
