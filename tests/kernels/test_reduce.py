import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, enum, run

import reference

SOURCES = {"f32": np.float32, "f64": np.float64, "u8": np.uint8, "i32": np.int32, "i64": np.int64}
SMALL_SIZES = SIZES[:7]


def normal(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("m", SMALL_SIZES)
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_column_sums(dtype: str, n: int, m: int, accumulate: int) -> None:
    a = Padded(normal(n, (m, n)), dtype, n + 3, offset=1)
    y = Padded(normal(n + 1, (1, n)), dtype, offset=1)
    n0, n1 = n // 4, n - n // 5
    expected = reference.column_sums(a.value.astype(np.float64)) + accumulate * y.value
    for (got,) in run("column_sums", dtype, y, a, a.ld, m, n0, n1, accumulate).values():
        np.testing.assert_allclose(got.value[:, n0:n1], expected[:, n0:n1], rtol=1e-5, atol=1e-5)
        assert not got.changed_outside(y, slice(0, 1), slice(n0, n1))


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_gather(dtype: str, source: str, n: int, ordered: bool) -> None:
    rng = np.random.default_rng(n)
    values = rng.integers(0, 256, (9, n)) if source == "u8" else rng.integers(-(2**30), 2**30, (9, n)) + 0.5
    stride = n * np.dtype(SOURCES[source]).itemsize + 5  # so that rows are aligned to nothing
    memory = np.zeros(9 * stride, np.uint8)
    x = np.ndarray((9, n), SOURCES[source], memory, strides=(stride, np.dtype(SOURCES[source]).itemsize))
    x[:] = values.astype(SOURCES[source])
    order = rng.integers(0, 9, 6) if ordered else np.arange(6)
    y = Padded(np.zeros((6, n)), dtype, n + 1)
    arguments = (memory, order if ordered else None, y.ld, stride, 1, 5, n, enum("fm_dtype")[source])
    for (got,) in run("gather", dtype, y, *arguments).values():
        np.testing.assert_array_equal(got.value[1:5], reference.gather(x, order)[1:5].astype(dtype))
        assert not got.changed_outside(y, slice(1, 5), slice(0, n))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_copy(dtype: str, n: int, accumulate: int) -> None:
    x, y = Padded(normal(n, (5, n)), dtype, n + 3, offset=1), Padded(normal(n + 1, (5, n)), dtype, n + 1)
    expected = (reference.copy(x.value) + accumulate * y.value)[1:4]
    for (got,) in run("copy", dtype, y, x, y.ld, x.ld, 1, 4, n, accumulate).values():
        np.testing.assert_array_equal(got.value[1:4], expected)
        assert not got.changed_outside(y, slice(1, 4), slice(0, n))


REDUCTIONS = enum("fm_reduction")
SMOOTH = [kind for kind in REDUCTIONS if not kind.startswith("arg")]


def rows(kind: str, n: int, dtype: str) -> Padded:
    """Return rows with ties; rows to multiply stay near 1, and have no zero, one, or two."""
    values = np.round(normal(n, (5, n)), 1)
    if kind == "prod":
        values = 1 + values / 8
        values[2, n // 2] = values[3, [0, n - 1]] = 0
    return Padded(values, dtype, n + 3, offset=1)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", REDUCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reduce(dtype: str, kind: str, n: int) -> None:
    x, y = rows(kind, n, dtype), Padded(np.zeros((5, 1)), dtype, 3)
    expected = reference.reduce_forward(x.value.astype(np.float64), kind)
    tolerance = 1e-5 if dtype == "float32" else 1e-13
    for (got,) in run("reduce_forward", dtype, y, x, y.ld, x.ld, 1, 4, n, REDUCTIONS[kind]).values():
        np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=tolerance, atol=tolerance)
        assert not got.changed_outside(y, slice(1, 4), slice(0, 1))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reduce_backward(dtype: str, kind: str, n: int, accumulate: int) -> None:
    x = rows(kind, n, dtype)
    y = Padded(reference.reduce_forward(x.value, kind), dtype, 2)
    dy, dx = Padded(normal(n + 1, (5, 1)), dtype, 3), Padded(normal(n + 2, (5, n)), dtype, n + 1)
    exact = [argument.value.astype(np.float64) for argument in (dy, x, y)]
    expected = reference.reduce_backward(*exact, kind) + accumulate * dx.value
    args = (dx, dy, x, y, dx.ld, dy.ld, x.ld, y.ld, 1, 4, n, REDUCTIONS[kind], accumulate)
    tolerance = 2e-5 if dtype == "float32" else 1e-13
    for (got,) in run("reduce_backward", dtype, *args).values():
        np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=tolerance, atol=tolerance)
        assert not got.changed_outside(dx, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("kind", SMOOTH)
def test_reduce_backward_is_the_derivative(kind: str) -> None:
    rng = np.random.default_rng(0)
    x, dy, step = rng.normal(size=(3, 7)), rng.normal(size=(3, 1)), 1e-6
    numeric = np.empty_like(x)
    for j in range(7):
        ends = [reference.reduce_forward(x + side * step * (np.arange(7) == j), kind) for side in (-1, 1)]
        numeric[:, j] = ((ends[1] - ends[0]) / (2 * step) * dy)[:, 0]
    got = reference.reduce_backward(dy, x, reference.reduce_forward(x, kind), kind)
    np.testing.assert_allclose(got, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reduce_passes_nan_on_and_takes_infinity(dtype: str, kind: str) -> None:
    x = Padded(np.ones((4, 21)), dtype, 23)
    x.value[0, 19], x.value[1, 3], x.value[2, 3], x.value[3, :] = np.nan, np.inf, -np.inf, -np.inf
    y = Padded(np.zeros((4, 1)), dtype)
    with np.errstate(invalid="ignore"):
        expected = reference.reduce_forward(x.value.astype(np.float64), kind)
    for (got,) in run("reduce_forward", dtype, y, x, y.ld, x.ld, 0, 4, 21, REDUCTIONS[kind]).values():
        np.testing.assert_allclose(got.value, expected, rtol=1e-5)
