"""Products with CSR rows, whose elements come in any order and some of them twice, against the same rows in full."""

import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Csr, Padded, run

ROWS, COLS = 11, 9
FIRST, M = 2, 7  # rows without an order
ORDER = np.array([10, 0, 3, 3, 5, 1, 8])
TOLERANCE = {"float32": 2e-5, "float64": 1e-13}


def matrix(dtype: str) -> tuple[Csr, np.ndarray]:
    """Return CSR rows, the first of them empty, and what they stand for."""
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 2 * COLS, ROWS)
    counts[0] = 0
    columns, values = rng.integers(0, COLS, counts.sum()), rng.normal(size=counts.sum()).astype(dtype)
    dense = np.zeros((ROWS, COLS))
    np.add.at(dense, (np.repeat(np.arange(ROWS), counts), columns), values)
    return Csr(values, columns, np.append(0, counts.cumsum())), dense


def rows_of(dense: np.ndarray, ordered: bool) -> np.ndarray:
    return dense[ORDER] if ordered else dense[FIRST : FIRST + M]


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forward(dtype: str, n: int, with_bias: bool, ordered: bool) -> None:
    x, dense = matrix(dtype)
    rng = np.random.default_rng(n)
    w, b, y = (
        Padded(rng.normal(size=(COLS, n)), dtype),
        Padded(rng.normal(size=n), dtype),
        Padded(np.ones((M, n)), dtype),
    )
    expected = rows_of(dense, ordered) @ w.value.astype(np.float64) + (b.value if with_bias else 0)
    order = ORDER if ordered else None
    arguments = (y, x, order, w, b if with_bias else None, y.ld, w.ld, FIRST, 1, M, 0, n)
    for (got,) in run("sparse_forward", dtype, *arguments).values():
        np.testing.assert_allclose(got.value[1:], expected[1:], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert not got.changed_outside(y, slice(1, M), slice(0, n))


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient(dtype: str, n: int, accumulate: int, ordered: bool) -> None:
    x, dense = matrix(dtype)
    rng = np.random.default_rng(n)
    dw, dy = Padded(rng.normal(size=(COLS, n)), dtype), Padded(rng.normal(size=(M, n)), dtype)
    expected = rows_of(dense, ordered).T @ dy.value.astype(np.float64) + accumulate * dw.value
    arguments = (dw, x, ORDER if ordered else None, dy, dw.ld, dy.ld, FIRST, M, COLS, 0, n, accumulate)
    for (got,) in run("sparse_gradient", dtype, *arguments).values():
        np.testing.assert_allclose(got.value, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert not got.changed_outside(dw, slice(0, COLS), slice(0, n))


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_gather(dtype: str, ordered: bool) -> None:
    x, dense = matrix(dtype)
    y, order = Padded(np.ones((M, COLS)), dtype), ORDER if ordered else None
    for (got,) in run("sparse_gather", dtype, y, x, order, y.ld, FIRST, 1, M, COLS).values():
        np.testing.assert_allclose(got.value[1:], rows_of(dense, ordered)[1:], atol=TOLERANCE[dtype])
        assert not got.changed_outside(y, slice(1, M), slice(0, COLS))
