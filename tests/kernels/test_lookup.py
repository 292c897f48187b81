import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, aligned, run

import reference

ROWS = 7  # of the table
NO_ROW = (-1.0, -0.5, 7.0, 1e30, -1e30, np.inf, -np.inf, np.nan)


def normal(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def numbers(shape: tuple[int, int], no_rows: bool) -> np.ndarray:
    x = np.random.default_rng(1).integers(0, ROWS, shape).astype(np.float64)
    x.flat[0] = ROWS - 1
    if no_rows:
        x.flat[1 : 1 + len(NO_ROW)] = NO_ROW
    return x


@pytest.mark.parametrize("no_rows", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_embed(dtype: str, n: int, no_rows: bool) -> None:
    table, x = Padded(normal(n, (ROWS, n)), dtype, n + 3), Padded(numbers((5, 3), no_rows), dtype, 4)
    y = Padded(np.zeros((15, n)), dtype, n + 1, offset=1)
    expected = reference.embed(table.value, x.value)
    for (got,) in run("embed", dtype, y, table, x, y.ld, table.ld, x.ld, 1, 14, n, ROWS, 3).values():
        np.testing.assert_array_equal(got.value[1:14], expected[1:14])
        assert not got.changed_outside(y, slice(1, 14), slice(0, n))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("no_rows", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_embed_gradient(dtype: str, n: int, no_rows: bool, accumulate: int) -> None:
    x, dy = Padded(numbers((5, 3), no_rows), dtype, 4), Padded(normal(n, (15, n)), dtype, n + 1)
    dtable = Padded(normal(n + 1, (ROWS, n)), dtype, n + 3, offset=1)
    expected = reference.embed_gradient(*(p.value.astype(np.float64) for p in (dy, x)), ROWS)
    expected += accumulate * dtable.value
    args = (dy, x, dtable.ld, dy.ld, x.ld, 15, n, 1, ROWS, 3, accumulate)
    for (got,) in run("embed_gradient", dtype, dtable, *args).values():
        np.testing.assert_allclose(got.value[1:], expected[1:], rtol=1e-5, atol=1e-5)
        assert not got.changed_outside(dtable, slice(1, ROWS), slice(0, n))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("cols", [1, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_encode(dtype: str, cols: int, count: int, weighted: bool) -> None:
    x = Padded(numbers((9, cols), no_rows=True), dtype, cols + 1)
    weights = Padded(normal(1, (9, cols)), dtype, cols + 2) if weighted else None
    y = Padded(normal(2, (9, ROWS)), dtype, ROWS + 1)
    expected = reference.encode(x.value, ROWS, bool(count), None if weights is None else weights.value)
    args = (x, weights, y.ld, x.ld, cols + 2, 1, 8, ROWS, cols, count)
    for (got,) in run("encode", dtype, y, *args).values():
        np.testing.assert_allclose(got.value[1:8], expected[1:8], rtol=1e-6, atol=1e-6)
        assert not got.changed_outside(y, slice(1, 8), slice(0, ROWS))


SAMPLES = 4


@pytest.mark.parametrize("padding", [0, 3])  # rows of a sample one behind the other, and not
@pytest.mark.parametrize(
    ("x_shape", "y_shape"), [((1, 6), (1, 3)), ((3, 5), (5, 3)), ((2, 4), (6, 2)), ((1, 1), (3, 7))]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_take(dtype: str, x_shape: tuple[int, int], y_shape: tuple[int, int], padding: int) -> None:
    rng = np.random.default_rng(1)
    indices = aligned(y_shape[0] * y_shape[1], np.int32)
    indices[:] = rng.integers(0, x_shape[0] * x_shape[1], indices.size)
    x = Padded(normal(1, (SAMPLES * x_shape[0], x_shape[1])), dtype, x_shape[1] + padding)
    y = Padded(np.zeros((SAMPLES * y_shape[0], y_shape[1])), dtype, y_shape[1] + 1)
    expected = reference.take(x.value.reshape(SAMPLES, -1), indices).reshape(y.value.shape)
    some = slice(y_shape[0], 3 * y_shape[0])
    for (got,) in run("take", dtype, y, x, indices, y.ld, x.ld, 1, 3, *y_shape, *x_shape).values():
        np.testing.assert_array_equal(got.value[some], expected[some])
        assert not got.changed_outside(y, some, slice(0, y.cols))
    for accumulate in (0, 1):
        dy, dx = Padded(normal(2, y.value.shape), dtype, y.ld), x
        gradient = reference.take_backward(
            dy.value.astype(np.float64).reshape(SAMPLES, -1), indices, x_shape[0] * x_shape[1]
        )
        total = gradient.reshape(dx.value.shape) + accumulate * dx.value
        some = slice(x_shape[0], 3 * x_shape[0])
        args = (dy, indices, dx.ld, dy.ld, 1, 3, *y_shape, *x_shape, accumulate)
        for (got,) in run("take_backward", dtype, dx, *args).values():
            np.testing.assert_allclose(got.value[some], total[some], rtol=1e-5, atol=1e-5)
            assert not got.changed_outside(dx, some, slice(0, dx.cols))
