import statistics

import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, run

import reference

# Known answers of Threefry-2x32 with 13 rounds: counter, key, result.
KNOWN_ANSWERS = [
    ((0, 0), 0, (0x9D1C5EC6, 0x8BD50731)),
    ((0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFFFFFFFFFF, (0xFD36D048, 0x2D17272C)),
    ((0x243F6A88, 0x85A308D3), 0x0370734413198A2E, (0xBA3E4725, 0xF27D669E)),
]


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN_ANSWERS)
def test_known_answers(counter: tuple[int, int], key: int, result: tuple[int, int]) -> None:
    words = reference.threefry(*(np.array([c], np.uint32) for c in counter), key)
    assert tuple(int(word[0]) for word in words) == result


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", [*SIZES, 600])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dropout(dtype: str, n: int, accumulate: int) -> None:
    rng = np.random.default_rng(n)
    x = Padded(rng.normal(size=(5, n)), dtype, n + 3, offset=1)
    y = Padded(rng.normal(size=(5, n)), dtype, n + 1)
    for rate, key, *args in (
        (0.3, 0x123456789ABCDEF0 + n, 2.0, 0.5, -3.0),
        (0.0, 1, 1.0, 0.0, 0.0),
        (0.9, 2, 10.0, 0.0, 0.0),
    ):
        expected = reference.dropout(x.value.astype(np.float64), rate, key, *args) + accumulate * y.value
        for (got,) in run("dropout", dtype, y, x, y.ld, x.ld, 1, 4, n, rate, *args, key, accumulate).values():
            np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=1e-6, atol=1e-6)
            assert not got.changed_outside(y, slice(1, 4), slice(0, n))
    for (in_place,) in run("dropout", dtype, x, x, x.ld, x.ld, 1, 4, n, 0.5, 2.0, 0.0, 0.0, 3, 0).values():
        np.testing.assert_allclose(in_place.value[1:4], reference.dropout(x.value, 0.5, 3)[1:4], rtol=1e-6)


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("multiply", [0, 1])
@pytest.mark.parametrize("n", [*SIZES, 600])
@pytest.mark.parametrize("dtype", DTYPES)
def test_gaussian(dtype: str, n: int, multiply: int, accumulate: int) -> None:
    rng = np.random.default_rng(n)
    x = Padded(rng.normal(size=(5, n)), dtype, n + 3, offset=1)
    y = Padded(rng.normal(size=(5, n)), dtype, n + 1)
    key = 0x123456789ABCDEF0 + n
    expected = reference.gaussian(x.value.astype(np.float64), 0.3, bool(multiply), key) + accumulate * y.value
    tolerance = {"float32": 3e-6, "float64": 1e-14}[dtype]
    for (got,) in run("gaussian", dtype, y, x, y.ld, x.ld, 1, 4, n, 0.3, multiply, key, accumulate).values():
        np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=tolerance, atol=tolerance)
        assert not got.changed_outside(y, slice(1, 4), slice(0, n))


def test_far_rows() -> None:
    """Counters past 32 bits."""
    key, n, row = 77, 64, 2**33 // 64
    x = Padded(np.ones((1, n)), "float32")
    numbers = np.arange(n, dtype=np.uint64) + np.uint64(row * n)
    # The kernel adds row * ld to the address; a distance of 0 keeps it on the one row there is.
    for (y,) in run("dropout", "float32", x, x, 0, 0, row, row + 1, n, 0.5, 2.0, 0.0, 0.0, key, 0).values():
        np.testing.assert_array_equal(y.value[0] > 0, reference.draws(numbers, key) >= 0.5)


def sample(key: int, count: int) -> np.ndarray:
    return reference.draws(np.arange(count, dtype=np.uint64), key)


def test_draws_are_uniform_and_independent() -> None:
    count = 1 << 18
    u = sample(12345, count)
    assert abs(u.mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / count)
    assert abs(u.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / count)
    cells = np.histogram(u, 256, (0, 1))[0]
    assert abs(((cells - count / 256) ** 2 / (count / 256)).sum() - 255) < 4 * np.sqrt(2 * 255)
    for lag in (1, 2, 8, 15, 16, 17, 32, 300, 784):
        correlation = np.corrcoef(u[:-lag], u[lag:])[0, 1]
        assert abs(correlation) < 4.5 / np.sqrt(count)


def test_normals_are_normal() -> None:
    """Mean, variance, skewness and kurtosis within 4 standard errors; the cells of a table as a whole; no correlation
    with neighbours, nor, for numbers made of one counter, of the squares."""
    count = 1 << 18
    z = reference.normals(np.arange(count, dtype=np.uint64), 12345)
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        assert abs((z**power).mean() - moment) < 4 * np.sqrt(variance / count)
    normal = statistics.NormalDist()
    cells = np.histogram(z, [-np.inf, *(normal.inv_cdf(i / 256) for i in range(1, 256)), np.inf])[0]
    assert abs(((cells - count / 256) ** 2 / (count / 256)).sum() - 255) < 4 * np.sqrt(2 * 255)
    for values in (z, z**2):
        for lag in (1, 2, 8, 15, 16, 17, 32, 300):
            assert abs(np.corrcoef(values[:-lag], values[lag:])[0, 1]) < 4.5 / np.sqrt(count)
    assert np.abs(z).max() > 4


def test_streams_differ() -> None:
    count = 1 << 16
    streams = [sample(key, count) for key in (0, 1, 2, 1 << 32, 1 << 63)]
    for i, a in enumerate(streams):
        for b in streams[:i]:
            assert abs(np.corrcoef(a, b)[0, 1]) < 4.5 / np.sqrt(count)
            assert not np.array_equal(np.sort(a), np.sort(b))
            assert len(np.intersect1d(a, b)) < 20  # count^2 / 2^31 = 2 by chance
