import numpy as np
import pytest

from fastmlp import layers
from fastmlp.layers import Dot, Input

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("x", "y", "axes", "sum_of"),
    [
        ((3,), (3,), 1, "bi,bi->b"),
        ((2, 3), (3, 4), (2, 1), "bij,bjk->bik"),
        ((3, 2), (3, 4), 1, "bji,bjk->bik"),
        ((3,), (4, 3), (1, 2), "bi,bki->bk"),
        ((2, 5, 3), (3, 4), (-1, 1), "bxij,bjk->bxik"),
    ],
)
def test_sums_of_products(x: tuple[int, ...], y: tuple[int, ...], axes: int | tuple[int, int], sum_of: str) -> None:
    a, b = RNG.normal(size=(6, *x)), RNG.normal(size=(6, *y))
    expected = np.einsum(sum_of, a, b)
    np.testing.assert_allclose(
        Dot(axes, dtype="float64")([a, b]), expected[:, None] if expected.ndim == 1 else expected
    )


def test_cosines() -> None:
    a, b = RNG.normal(size=(2, 6, 3))
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    np.testing.assert_allclose(layers.dot([a, b], 1, normalize=True, dtype="float64")[:, 0], cosines)


@pytest.mark.parametrize("axes", ["a", (1,), (1, 2, 3), (1, 1.5), None])
def test_axes_are_one_or_two(axes: object) -> None:
    with pytest.raises(ValueError, match="`axes` must be an integer or two"):
        Dot(axes)  # type: ignore[arg-type]


def test_axes_fit_the_inputs() -> None:
    a, b = Input((3,)), Input((4,))
    with pytest.raises(ValueError, match="expects axes of one size"):
        Dot(1)([a, b])
    with pytest.raises(ValueError, match="`axes` must be among the axes 1 to 1"):
        Dot(0)([a, a])
    with pytest.raises(ValueError, match="expects a list of two tensors"):
        Dot(1)([a])
