import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, run

import reference

EPSILON = 1e-3
TOLERANCE = {"float32": 3e-5, "float64": 1e-13}


def normal(seed: int, shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.5, 2, shape).astype(np.float32)


def wide(*matrices: Padded) -> list[np.ndarray]:
    return [matrix.value.astype(np.float64) for matrix in matrices]


def close(got: np.ndarray, expected: np.ndarray, dtype: str) -> None:
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def vectors(n: int, dtype: str) -> tuple[Padded, ...]:
    """Return gamma, beta, a mean and a variance."""
    return tuple(Padded(np.abs(normal(n + i, (1, n))), dtype) for i in range(4))


@pytest.mark.parametrize("m", [1, 2, 17, 100])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_column_moments(dtype: str, n: int, m: int) -> None:
    x = Padded(normal(n, (m, n)) + 100, dtype, n + 3, offset=1)
    mean, variance = Padded(np.zeros((1, n)), dtype), Padded(np.zeros((1, n)), dtype)
    n0, n1 = n // 4, n - n // 5
    expected = reference.column_moments(*wide(x))
    for got in run("column_moments", dtype, mean, variance, x, x.ld, m, n0, n1, outputs=(0, 1)).values():
        for result, before, value in zip(got, (mean, variance), expected, strict=True):
            close(result.value[0, n0:n1], value[n0:n1], dtype)
            assert not result.changed_outside(before, slice(0, 1), slice(n0, n1))


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_columns(dtype: str, n: int, affine: bool) -> None:
    x, y = Padded(normal(n, (5, n)), dtype, n + 3, offset=1), Padded(np.zeros((5, n)), dtype, n + 1)
    gamma, beta, mean, variance = vectors(n, dtype)
    own = (gamma, beta) if affine else (None, None)
    n0, n1 = n // 4, n - n // 5
    expected = reference.normalize_columns(*wide(x, mean, variance), *(wide(*own) if affine else own), EPSILON)
    args = (x, mean, variance, *own, y.ld, x.ld, 1, 4, n0, n1, EPSILON)
    for (got,) in run("normalize_columns", dtype, y, *args).values():
        close(got.value[1:4, n0:n1], expected[1:4, n0:n1], dtype)
        assert not got.changed_outside(y, slice(1, 4), slice(n0, n1))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_columns_backward(dtype: str, n: int, fixed: bool, accumulate: int) -> None:
    """The gradients of gamma and beta, then, with them, that of x."""
    m = 9
    x, dy, dx = (Padded(normal(n + i, (m, n)), dtype, n + 1 + i, offset=1) for i in range(3))
    gamma, _, mean, variance = vectors(n, dtype)
    if not fixed:
        mean.value[0], variance.value[0] = reference.column_moments(*wide(x))
    n0, n1 = n // 4, n - n // 5
    dgamma, dbeta = Padded(np.zeros((1, n)), dtype), Padded(np.zeros((1, n)), dtype)
    statistics = wide(mean, variance)
    expected = reference.normalize_columns_gradients(*wide(dy, x), *statistics, EPSILON)
    args: tuple = (dy, x, mean, variance, dy.ld, x.ld, m, n0, n1, EPSILON)
    for got in run("normalize_columns_gradients", dtype, dgamma, dbeta, *args, outputs=(0, 1)).values():
        for result, value in zip(got, expected, strict=True):
            close(result.value[0, n0:n1], value[n0:n1], dtype)
            assert not result.changed_outside(dgamma, slice(0, 1), slice(n0, n1))
    dgamma.value[0], dbeta.value[0] = expected
    sums = (None, None) if fixed else (dgamma, dbeta)
    for scale in (gamma, None):
        wide_scale = None if scale is None else wide(scale)[0]
        dx_expected = reference.normalize_columns_backward(*wide(dy, x), *statistics, wide_scale, EPSILON, fixed)
        args = (dy, x, mean, variance, scale, *sums, dx.ld, dy.ld, x.ld, m, n0, n1, EPSILON, accumulate)
        for (got_dx,) in run("normalize_columns_backward", dtype, dx, *args).values():
            close(got_dx.value[:, n0:n1], (dx_expected + accumulate * dx.value)[:, n0:n1], dtype)
            assert not got_dx.changed_outside(dx, slice(0, m), slice(n0, n1))


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_rows(dtype: str, n: int, affine: bool) -> None:
    x, y = Padded(normal(n, (5, n)), dtype, n + 3, offset=1), Padded(np.zeros((5, n)), dtype, n + 1)
    gamma, beta, _, _ = vectors(n, dtype)
    own = (gamma, beta) if affine else (None, None)
    moments = Padded(np.zeros((5, 2)), dtype, 2)
    expected = reference.normalize_rows(*wide(x), *(wide(*own) if affine else own), EPSILON)
    args = (x, *own, y.ld, x.ld, 1, 4, n, EPSILON)
    for got in run("normalize_rows", dtype, y, moments, *args, outputs=(0, 1)).values():
        for result, before, value in zip(got, (y, moments), expected, strict=True):
            close(result.value[1:4], value[1:4], dtype)
            assert not result.changed_outside(before, slice(1, 4), slice(0, before.cols))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_rows_backward(dtype: str, n: int, affine: bool, accumulate: int) -> None:
    x, dy, dx = (Padded(normal(n + i, (5, n)), dtype, n + 1 + i, offset=1) for i in range(3))
    gamma = vectors(n, dtype)[0] if affine else None
    moments = Padded(reference.normalize_rows(*wide(x), None, None, EPSILON)[1], dtype, 2)
    scale = None if gamma is None else wide(gamma)[0]
    expected = reference.normalize_rows_backward(*wide(dy, x, moments), scale) + accumulate * dx.value
    args = (dy, x, moments, gamma, dx.ld, dy.ld, x.ld, 1, 4, n, accumulate)
    for (got,) in run("normalize_rows_backward", dtype, dx, *args).values():
        close(got.value[1:4], expected[1:4], dtype)
        assert not got.changed_outside(dx, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_normalize_rows_gradient(dtype: str, n: int, accumulate: int) -> None:
    x, dy = (Padded(normal(n + i, (9, n)), dtype, n + 1 + i, offset=1) for i in range(2))
    dgamma = Padded(normal(n, (1, n)), dtype)
    moments = Padded(reference.normalize_rows(*wide(x), None, None, EPSILON)[1], dtype, 2)
    n0, n1 = n // 4, n - n // 5
    expected = reference.normalize_rows_gradient(*wide(dy, x, moments)) + accumulate * dgamma.value
    args = (dy, x, moments, dy.ld, x.ld, 9, n0, n1, accumulate)
    for (got,) in run("normalize_rows_gradient", dtype, dgamma, *args).values():
        close(got.value[:, n0:n1], expected[:, n0:n1], dtype)
        assert not got.changed_outside(dgamma, slice(0, 1), slice(n0, n1))


def numeric_gradient(function: object, x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        ends = []
        for step in (1e-5, -1e-5):
            moved = x.copy()
            moved[index] += step
            ends.append((function(moved) * dy).sum())  # type: ignore[operator]
        gradient[index] = (ends[0] - ends[1]) / 2e-5
    return gradient


def test_gradients_are_those_of_the_forward_pass() -> None:
    x, dy = normal(1, (6, 5)).astype(np.float64), normal(2, (6, 5)).astype(np.float64)
    gamma, beta = normal(3, (1, 5))[0].astype(np.float64), normal(4, (1, 5))[0].astype(np.float64)
    columns = numeric_gradient(
        lambda x: reference.normalize_columns(x, *reference.column_moments(x), gamma, beta, EPSILON), x, dy
    )
    moments = reference.column_moments(x)
    np.testing.assert_allclose(
        reference.normalize_columns_backward(dy, x, *moments, gamma, EPSILON, fixed=False), columns, atol=1e-8
    )
    rows = numeric_gradient(lambda x: reference.normalize_rows(x, gamma, beta, EPSILON)[0], x, dy)
    statistics = reference.normalize_rows(x, None, None, EPSILON)[1]
    np.testing.assert_allclose(reference.normalize_rows_backward(dy, x, statistics, gamma), rows, atol=1e-8)
