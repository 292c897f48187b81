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


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_multiply(dtype: str, n: int, accumulate: int) -> None:
    a, b = Padded(normal(n, (5, n)), dtype, n + 3, offset=1), Padded(normal(n + 1, (5, n)), dtype)
    y = Padded(normal(n + 2, (5, n)), dtype, n + 1)
    expected = (reference.multiply(a.value.astype(np.float64), b.value.astype(np.float64)) + accumulate * y.value)[1:4]
    for (got,) in run("multiply", dtype, y, a, b, y.ld, a.ld, b.ld, 1, 4, n, accumulate).values():
        np.testing.assert_allclose(got.value[1:4], expected, rtol=1e-6, atol=1e-6)
        assert not got.changed_outside(y, slice(1, 4), slice(0, n))
