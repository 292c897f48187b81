"""The products of a dense layer. Weights and gradients have zeros as padding, which must stay."""

from itertools import product

import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, VECTOR_BYTES, Padded, Step, enum, run
from kernels.steps import HYPER, TERMS, used_slots

import reference

ACTIVATIONS = {name: kind for name, kind in enum("fm_activation").items() if kind < enum("fm_activation")["gelu"]}
SCALARS = {"elu": (0.7,), "leaky_relu": (0.2,)}
TOLERANCE = {"float32": 2e-5, "float64": 4e-14}
SHAPES = [(m, k, n) for m in (1, 2, 7, 17, 33) for k in (1, 8, 33) for n in SIZES] + [(9, 301, 100), (100, 17, 64)]


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def close(got: np.ndarray, expected: np.ndarray, dtype: str, terms: int) -> None:
    np.testing.assert_allclose(got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype] * terms**0.5)


def shuffled(seed: int, m: int) -> np.ndarray:
    """Return some of twice as many rows, in an order of their own."""
    return np.random.default_rng(seed).permutation(2 * m)[:m]


def wide(*matrices: Padded) -> list[np.ndarray]:
    return [matrix.value.astype(np.float64) for matrix in matrices]


def ranges(n: int, step: int = 1) -> list[tuple[int, int]]:
    """Return the whole range, and one inside of it that starts and ends at multiples of `step`, if there is one."""
    start, end = n // 3 // step * step, (n - n // 4) // step * step
    return [(0, n), (start, end) if start < end else (0, n)]


@pytest.mark.parametrize(("m", "k", "n"), SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forward(dtype: str, m: int, k: int, n: int) -> None:
    x, w, b = (
        Padded(normal(1, 2 * m, k), dtype, k + 3),
        Padded(normal(2, k, n), dtype, padding=0),
        Padded(normal(3, 1, n), dtype, padding=0),
    )
    y = Padded(np.zeros((m, n)), dtype)
    for (m0, m1), (n0, n1), order in product(ranges(m), ranges(n, 16), (None, shuffled(4, m))):
        rows, bias = (np.arange(m), b) if order is None else (order, None)
        expected = reference.dense_forward(wide(x)[0][rows], *wide(w), None if bias is None else wide(b)[0])
        results = run("dense_forward", dtype, y, x, order, w, bias, y.ld, x.ld, w.ld, m0, m1, k, n0, n1, 0, None)
        for isa, (got,) in results.items():
            close(got.value[m0:m1, n0:n1], expected[m0:m1, n0:n1], dtype, k)
            lanes = VECTOR_BYTES[isa] // got.memory.itemsize
            assert not got.changed_outside(y, slice(m0, m1), slice(n0, -(-n1 // lanes) * lanes))


@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forward_with_activation(dtype: str, act: str) -> None:
    x, w = Padded(normal(1, 11, 20) / 4, dtype), Padded(normal(2, 20, 37), dtype, padding=0)
    b, y = Padded(normal(3, 1, 37), dtype, padding=0), Padded(np.zeros((11, 37)), dtype)
    s = SCALARS.get(act, ())
    expected = reference.dense_forward(*wide(x, w, b), act, s)
    args = (x, None, w, b, y.ld, x.ld, w.ld, 0, 11, 20, 0, 37, ACTIVATIONS[act], s)
    for (got,) in run("dense_forward", dtype, y, *args).values():
        close(got.value, expected, dtype, 20)
        assert np.isfinite(got.storage).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_forward_passes_nan_on(dtype: str) -> None:
    x, w = Padded([[np.nan, 1.0], [1.0, 1.0]], dtype), Padded(np.ones((2, 5)), dtype, padding=0)
    y = Padded(np.zeros((2, 5)), dtype)
    for act in ("linear", "relu", "tanh"):
        args = (x, None, w, None, y.ld, x.ld, w.ld, 0, 2, 2, 0, 5, ACTIVATIONS[act], ())
        for (got,) in run("dense_forward", dtype, y, *args).values():
            np.testing.assert_array_equal(np.isnan(got.value), [[True] * 5, [False] * 5])


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize(("m", "k", "n"), SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient(dtype: str, m: int, k: int, n: int, accumulate: int) -> None:
    x, dy = Padded(normal(1, 2 * m, k), dtype, k + 3), Padded(normal(2, m, n), dtype, padding=0)
    dw = Padded(normal(3, k, n), dtype, padding=0)
    for (k0, k1), (n0, n1), order in product(ranges(k), ranges(n, 16), (None, shuffled(4, m))):
        rows = np.arange(m) if order is None else order
        expected = reference.dense_gradient(wide(x)[0][rows], *wide(dy)) + accumulate * dw.value
        args = (x, order, dy, dw.ld, x.ld, dy.ld, m, k0, k1, n0, n1, accumulate)
        for (got,) in run("dense_gradient", dtype, dw, *args).values():
            close(got.value[k0:k1, n0:n1], expected[k0:k1, n0:n1], dtype, m)
            assert not got.changed_outside(dw, slice(k0, k1), slice(n0, n1))  # the padding stays zero


@pytest.mark.parametrize(("m", "k", "n"), SHAPES[::7])
@pytest.mark.parametrize("optimizer", HYPER)
@pytest.mark.parametrize("dtype", DTYPES)
def test_update(dtype: str, optimizer: str, m: int, k: int, n: int) -> None:
    x, dy = Padded(normal(1, 2 * m, k), dtype, k + 3), Padded(normal(2, m, n), dtype, padding=0)
    order = shuffled(4, m)
    w = Padded(normal(3, k, n), dtype, padding=0)
    slots = [Padded(slot, dtype, padding=0) for slot in used_slots(optimizer, k, n)]
    h, terms = HYPER[optimizer], TERMS[(m + k + n) % len(TERMS)]
    expected, expected_slots = reference.dense_update(
        *wide(w), wide(*slots), wide(x)[0][order], *wide(dy), optimizer, h, **terms
    )
    for (k0, k1), (n0, n1) in zip(ranges(k), ranges(n, 16), strict=True):
        args = (x, order, dy, w.ld, x.ld, dy.ld, m, k0, k1, n0, n1, Step(optimizer, h, **terms))
        for got, got_slots in run("dense_update", dtype, w, slots, *args, outputs=(0, 1)).values():
            arrays = zip([got, *got_slots], [w, *slots], [expected, *expected_slots], strict=True)
            for array, before, value in arrays:
                close(array.value[k0:k1, n0:n1], value[k0:k1, n0:n1], dtype, m)
                assert not array.changed_outside(before, slice(k0, k1), slice(n0, n1))  # the padding stays zero


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize(("m", "k", "n"), SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_backward(dtype: str, m: int, k: int, n: int, accumulate: int) -> None:
    act = list(ACTIVATIONS)[(m + k + n) % len(ACTIVATIONS)]
    s = SCALARS.get(act, ())
    w = Padded(normal(1, k, n), dtype, padding=0)
    dyt = Padded(normal(2, n, m), dtype, padding=0)
    a = Padded(reference.activation_forward(normal(3, m, k).astype(float), act, s), dtype, k + 1)
    dx = Padded(normal(4, m, k), dtype)
    for (k0, k1), below in zip(ranges(k), (a, None), strict=True):
        before = accumulate * dx.value.astype(float)
        expected = reference.dense_backward(*wide(w, dyt), None) + before
        if below is not None:
            expected = reference.activation_backward(expected, a.value.astype(float), act, s)
        args = (w, dyt, below, dx.ld, w.ld, dyt.ld, a.ld, m, k0, k1, n, ACTIVATIONS[act], s, accumulate)
        for (got,) in run("dense_backward", dtype, dx, *args).values():
            close(got.value[:, k0:k1], expected[:, k0:k1], dtype, n)
            assert not got.changed_outside(dx, slice(0, m), slice(k0, k1))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("n", [1, 2, 3, 10, 15, 16])
@pytest.mark.parametrize("m", [1, 7, 33])
@pytest.mark.parametrize("dtype", DTYPES)
def test_backward_narrow(dtype: str, m: int, n: int, k: int, accumulate: int) -> None:
    act = list(ACTIVATIONS)[(m + k + n) % len(ACTIVATIONS)]
    s = SCALARS.get(act, ())
    w, dy = Padded(normal(1, k, n), dtype, padding=0), Padded(normal(2, m, n), dtype)
    a = Padded(reference.activation_forward(normal(3, m, k).astype(float), act, s), dtype)
    dx = Padded(normal(4, m, k), dtype)
    for (k0, k1), (m0, m1), below in zip(ranges(k, 16), ranges(m, 1), (a, None), strict=True):
        expected = reference.dense_backward_narrow(*wide(w, dy), None) + accumulate * dx.value.astype(float)
        if below is not None:
            expected = reference.activation_backward(expected, a.value.astype(float), act, s)
        args = (w, dy, below, dx.ld, w.ld, dy.ld, a.ld, m0, m1, k0, k1, n, ACTIVATIONS[act], s, accumulate)
        for isa, (got,) in run("dense_backward_narrow", dtype, dx, *args).items():
            close(got.value[m0:m1, k0:k1], expected[m0:m1, k0:k1], dtype, n)
            lanes = VECTOR_BYTES[isa] // got.memory.itemsize
            assert not got.changed_outside(dx, slice(m0, m1), slice(k0, -(-k1 // lanes) * lanes))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("m", SIZES[:7])
@pytest.mark.parametrize("dtype", DTYPES)
def test_transpose(dtype: str, m: int, n: int) -> None:
    a, at = Padded(normal(1, m, n), dtype, n + 3), Padded(np.ones((n, m)), dtype)
    expected = reference.transpose(a.value)
    for n0, n1 in ranges(n, 16):
        for isa, (got,) in run("transpose", dtype, at, a, at.ld, a.ld, m, n0, n1).items():
            lanes = VECTOR_BYTES[isa] // got.memory.itemsize
            end = -(-m // lanes) * lanes
            np.testing.assert_array_equal(got.value[n0:n1], expected[n0:n1])
            assert (got.storage[n0:n1, m:end] == 0).all()
            assert not got.changed_outside(at, slice(n0, n1), slice(0, end))
