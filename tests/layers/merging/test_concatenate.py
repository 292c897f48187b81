import numpy as np
import pytest

from fastmlp.layers import Concatenate, concatenate

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("shapes", "axis"),
    [
        ([(5,), (30,)], -1),
        ([(1,), (17,), (2,)], 1),
        ([(3, 4), (3, 5)], -1),
        ([(3, 4), (2, 4)], 1),
        ([(2, 3, 4), (2, 1, 4), (2, 5, 4)], 2),
    ],
)
def test_side_by_side_along_any_axis(shapes: list[tuple[int, ...]], axis: int) -> None:
    arrays = [RNG.random((6, *shape), np.float32) for shape in shapes]
    np.testing.assert_array_equal(Concatenate(axis)(arrays), np.concatenate(arrays, axis))
    np.testing.assert_array_equal(concatenate(arrays, axis=axis), np.concatenate(arrays, axis))
