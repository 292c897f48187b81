import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, enum, run

import reference

BINARIES = enum("fm_binary")
COMPARISONS = ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")
SMOOTH = [kind for kind in BINARIES if kind not in COMPARISONS]
EXACT = [kind for kind in BINARIES if kind != "power"]
M = 5
# Whether an operand has one row for all, and one column for all.
SHAPES = [(False, False), (True, False), (False, True), (True, True)]


def operand(seed: int, kind: str, n: int, one_row: bool, one_column: bool, dtype: str) -> Padded:
    """Return a matrix with ties and zeros; of bases and divisors, one without."""
    values = np.round(np.random.default_rng(seed).normal(size=(1 if one_row else M, 1 if one_column else n)), 1)
    if kind in ("power", "divide"):
        values = np.abs(values) + 0.25
    return Padded(values, dtype, values.shape[1] + 3, offset=1)


def exact(matrix: Padded) -> np.ndarray:
    return matrix.value.astype(np.float64)


def layout(matrix: Padded) -> tuple[int, int]:
    """Return the leading dimension and the step, as the kernels take them."""
    return 0 if matrix.rows == 1 else matrix.ld, int(matrix.cols > 1)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", BINARIES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forward(dtype: str, kind: str, n: int) -> None:
    y = Padded(np.zeros((M, n)), dtype, n + 1)
    for a_shape in SHAPES:
        for b_shape in SHAPES:
            a, b = operand(n, kind, n, *a_shape, dtype), operand(n + 1, kind, n, *b_shape, dtype)
            (lda, a_step), (ldb, b_step) = layout(a), layout(b)
            expected = np.broadcast_to(reference.binary_forward(exact(a), exact(b), kind), (M, n)).astype(dtype)
            args = (y, a, b, y.ld, lda, ldb, a_step, b_step, 1, 4, n, BINARIES[kind])
            for (got,) in run("binary_forward", dtype, *args).values():
                rtol = (1e-6 if dtype == "float32" else 1e-14) if kind == "power" else 0
                np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=rtol)
                assert not got.changed_outside(y, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("second", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize("dtype", DTYPES)
def test_backward(dtype: str, kind: str, n: int, second: int, accumulate: int) -> None:
    d = Padded(np.random.default_rng(n).normal(size=(M, n)), dtype, n + 1)
    tolerance = 2e-6 if dtype == "float32" else 1e-14
    for a_shape, b_shape in zip(SHAPES, reversed(SHAPES), strict=True):
        a, b = operand(n, kind, n, *a_shape, dtype), operand(n + 1, kind, n, *b_shape, dtype)
        dy = operand(n + 2, "dy", n, a_shape[0], n == 1, dtype)
        (lda, a_step), (ldb, b_step), (lddy, _) = layout(a), layout(b), layout(dy)
        expected = reference.binary_backward(exact(dy), exact(a), exact(b), kind, bool(second)) + accumulate * d.value
        args = (d, dy, a, b, d.ld, lddy, lda, ldb, a_step, b_step, 1, 4, n, BINARIES[kind], second, accumulate)
        for (got,) in run("binary_backward", dtype, *args).values():
            np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=tolerance, atol=tolerance)
            assert not got.changed_outside(d, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("kind", [kind for kind in SMOOTH if kind != "mask"])
def test_backward_is_the_derivative(kind: str, second: bool) -> None:
    rng = np.random.default_rng(0)
    a, b, dy = rng.uniform(0.5, 2, (3, 20)), rng.uniform(0.5, 2, (3, 20)), rng.normal(size=(3, 20))
    step = 1e-6
    ends = [
        reference.binary_forward(a + side * step * (not second), b + side * step * second, kind) for side in (-1, 1)
    ]
    numeric = (ends[1] - ends[0]) / (2 * step) * dy
    np.testing.assert_allclose(reference.binary_backward(dy, a, b, kind, second), numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", EXACT)
@pytest.mark.parametrize("dtype", DTYPES)
def test_infinity_and_nan(dtype: str, kind: str) -> None:
    values = [-np.inf, -1.0, 0.0, 1.0, np.inf, np.nan]
    a, b = (Padded(m, dtype) for m in np.meshgrid(values, values))
    y = Padded(np.zeros_like(a.value), dtype)
    with np.errstate(all="ignore"):
        expected = reference.binary_forward(exact(a), exact(b), kind)
    args = (y, a, b, y.ld, a.ld, b.ld, 1, 1, 0, 6, 6, BINARIES[kind])
    for (got,) in run("binary_forward", dtype, *args).values():
        np.testing.assert_array_equal(got.value, expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_power_as_in_c(dtype: str) -> None:
    bases = [-2.5, -1.0, -0.0, 0.0, 0.3, 1.0, 1.5, 30.0, np.inf, np.nan]
    exponents = [-np.inf, -40.0, -3.0, -2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 20.0, np.inf, np.nan]
    a, b = (Padded(m, dtype) for m in np.meshgrid(bases, exponents))
    y = Padded(np.zeros_like(a.value), dtype)
    with np.errstate(all="ignore"):
        expected = np.power(a.value, b.value)
    args = (y, a, b, y.ld, a.ld, b.ld, 1, 1, 0, a.rows, a.cols, BINARIES["power"])
    for (got,) in run("binary_forward", dtype, *args).values():
        np.testing.assert_allclose(np.abs(got.value), np.abs(expected), rtol=2e-6 if dtype == "float32" else 1e-14)
        finite = np.isfinite(expected) & (expected != 0)
        np.testing.assert_array_equal(np.sign(got.value[finite]), np.sign(expected[finite]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_how_exact_power_is(dtype: str) -> None:
    rng = np.random.default_rng(1)
    a = Padded(np.exp(rng.uniform(-20, 20, (1, 30_000))), dtype)
    b = Padded(rng.uniform(-4, 4, (1, 30_000)), dtype)
    y = Padded(np.zeros_like(a.value), dtype)
    expected = np.power(a.value.astype(np.longdouble), b.value.astype(np.longdouble))
    args = (y, a, b, y.ld, a.ld, b.ld, 1, 1, 0, 1, a.cols, BINARIES["power"])
    for isa, (got,) in run("binary_forward", dtype, *args).items():
        error = np.max(np.abs(got.value - expected) / expected) / np.finfo(dtype).eps
        assert error < (200 if isa == "baseline" else 8)
