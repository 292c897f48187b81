import numpy as np
import pytest

from fastmlp.layers import Input, Permute


@pytest.mark.parametrize("dims", [(1,), (2, 1), (3, 1, 2), [1, 2, 3]])
def test_axes_change_places(dims: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random((5, *range(2, 2 + len(dims))), np.float32)
    np.testing.assert_array_equal(Permute(dims)(x), x.transpose(0, *dims))


@pytest.mark.parametrize("dims", [(0, 1), (1, 3), (1, 1), (), 2, "ab"])
def test_each_axis_is_named_once(dims: object) -> None:
    with pytest.raises(ValueError, match=r"`dims` must hold the numbers from 1 on, each once. Received: dims="):
        Permute(dims)  # type: ignore[arg-type]


def test_the_input_has_as_many_axes() -> None:
    with pytest.raises(ValueError, match=r"'permute' expects inputs of 3 axes. Received: shape=\(None, 4\)"):
        Permute((2, 1), name="permute")(Input((4,)))
