import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, enum, run

import reference

ACTIVATIONS = {name: kind for name, kind in enum("fm_activation").items() if name != "softmax"}
SCALARS = {"elu": (0.7,), "leaky_relu": (0.2,)}
TOLERANCE = {"float32": 1e-6, "float64": 4e-15}


def scalars(act: str) -> tuple[float, ...]:
    return SCALARS.get(act, ())


def inputs(seed: int, shape: tuple[int, int], dtype: str) -> np.ndarray:
    """Return numbers which are the same in both dtypes, near to 0 and far from it."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * rng.choice([0.01, 1, 5], size=shape)).astype(np.float32).astype(dtype)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forward(dtype: str, act: str, n: int) -> None:
    x = Padded(inputs(n, (5, n), dtype), dtype, n + 3, offset=1)
    y = Padded(np.zeros((5, n)), dtype, n + 1)
    expected = reference.activation_forward(x.value.astype(np.float64), act, scalars(act))
    results = run("activation_forward", dtype, y, x, y.ld, x.ld, 1, 4, n, ACTIVATIONS[act], scalars(act))
    for (got,) in results.values():
        np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert not got.changed_outside(y, slice(1, 4), slice(0, n))
    for (in_place,) in run(
        "activation_forward", dtype, x, x, x.ld, x.ld, 1, 4, n, ACTIVATIONS[act], scalars(act)
    ).values():
        np.testing.assert_allclose(in_place.value[1:4], expected[1:4], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_backward(dtype: str, act: str, n: int, accumulate: int) -> None:
    values = inputs(n, (5, n), dtype).astype(np.float64)
    if act not in reference.FROM_INPUT:
        values = reference.activation_forward(values, act, scalars(act))
    a = Padded(values, dtype, n + 2)
    dy = Padded(inputs(n + 1, (5, n), dtype), dtype, n + 3, offset=1)
    dx = Padded(inputs(n + 2, (5, n), dtype), dtype)
    args = (dy, a, dx.ld, dy.ld, a.ld, 1, 4, n, ACTIVATIONS[act], scalars(act), accumulate)
    expected = reference.activation_backward(dy.value.astype(np.float64), a.value.astype(np.float64), act, scalars(act))
    if accumulate:
        expected = expected + dx.value
    for (got,) in run("activation_backward", dtype, dx, *args).values():
        np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=4 * TOLERANCE[dtype], atol=8 * TOLERANCE[dtype])
        assert not got.changed_outside(dx, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("act", ACTIVATIONS)
def test_gradient_is_that_of_the_forward_pass(act: str) -> None:
    x = inputs(3, (1, 200), "float64")
    x = x[(np.abs(x) > 1e-3) & (np.abs(np.abs(x) - 3) > 1e-3)][None]  # away from the kinks
    step = 1e-5
    ends = [reference.activation_forward(x + side * step, act, scalars(act)) for side in (-1, 1)]
    numeric = (ends[1] - ends[0]) / (2 * step)
    a = x if act in reference.FROM_INPUT else reference.activation_forward(x, act, scalars(act))
    dx = Padded(np.zeros_like(x), "float64")
    args = (Padded(np.ones_like(x), "float64"), Padded(a, "float64"), dx.ld, dx.ld, dx.ld, 0, 1, x.size)
    for (got,) in run("activation_backward", "float64", dx, *args, ACTIVATIONS[act], scalars(act), 0).values():
        np.testing.assert_allclose(got.value, numeric, rtol=1e-6, atol=1e-8)


LIMITS = {
    # values at -inf, -1e4, -0, 0, 1e4, inf
    "linear": (-np.inf, -1e4, 0, 0, 1e4, np.inf),
    "relu": (0, 0, 0, 0, 1e4, np.inf),
    "sigmoid": (0, 0, 0.5, 0.5, 1, 1),
    "tanh": (-1, -1, 0, 0, 1, 1),
    "softplus": (0, 0, np.log(2), np.log(2), 1e4, np.inf),
    "elu": (-0.7, -0.7, 0, 0, 1e4, np.inf),
    "exponential": (0, 0, 1, 1, np.inf, np.inf),
    "hard_sigmoid": (0, 0, 0.5, 0.5, 1, 1),
    "step": (0, 0, 1, 1, 1, 1),
    "sign": (-1, -1, 0, 0, 1, 1),
}


@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_far_out(dtype: str, act: str) -> None:
    x = Padded([[-np.inf, -1e4, -0.0, 0.0, 1e4, np.inf, np.nan]], dtype)
    for (y,) in run("activation_forward", dtype, x, x, x.ld, x.ld, 0, 1, 7, ACTIVATIONS[act], scalars(act)).values():
        assert np.isnan(y.value[0, 6])
        assert not np.isnan(y.value[0, 1:5]).any()
        if act in LIMITS:
            np.testing.assert_allclose(y.value[0, :6], LIMITS[act], rtol=1e-6)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax(dtype: str, n: int) -> None:
    x = Padded(inputs(n, (5, n), dtype), dtype, n + 3, offset=1)
    x.value[2, n // 2] = 1e4
    expected = reference.softmax_forward(x.value.astype(np.float64))
    for output in (Padded(np.zeros((5, n)), dtype, n + 1), x):
        for (y,) in run("softmax_forward", dtype, output, x, output.ld, x.ld, 1, 4, n).values():
            np.testing.assert_allclose(y.value[1:4], expected[1:4], rtol=3 * TOLERANCE[dtype], atol=1e-37)
            assert not y.changed_outside(output, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_backward(dtype: str, n: int, accumulate: int) -> None:
    y = Padded(reference.softmax_forward(inputs(n, (5, n), "float64")), dtype, n + 3)
    dy = Padded(inputs(n + 1, (5, n), dtype), dtype, n + 2, offset=1)
    dx = Padded(inputs(n + 2, (5, n), dtype), dtype)
    expected = (
        reference.softmax_backward(dy.value.astype(np.float64), y.value.astype(np.float64)) + accumulate * dx.value
    )
    for (got,) in run("softmax_backward", dtype, dx, dy, y, dx.ld, dy.ld, y.ld, 1, 4, n, accumulate).values():
        np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=8 * TOLERANCE[dtype], atol=8 * TOLERANCE[dtype])
        assert not got.changed_outside(dx, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_gradient(dtype: str) -> None:
    x, dy = inputs(1, (4, 9), "float64"), inputs(2, (4, 9), "float64")
    step, numeric = 1e-5, np.zeros((4, 9))
    for j in range(9):
        ends = [reference.softmax_forward(x + side * step * (np.arange(9) == j)) for side in (-1, 1)]
        numeric[:, j] = ((ends[1] - ends[0]) / (2 * step) * dy).sum(axis=1)
    np.testing.assert_allclose(reference.softmax_backward(dy, reference.softmax_forward(x)), numeric, atol=1e-8)
