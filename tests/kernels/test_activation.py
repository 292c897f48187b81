import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, enum, run

import reference

OF_ROWS = ("softmax", "log_softmax")
ACTIVATIONS = {name: kind for name, kind in enum("fm_activation").items() if name not in OF_ROWS}
SCALARS = {
    "elu": (0.7,), "leaky_relu": (0.2,), "relu_general": (0.1, 4.0, 0.3), "celu": (1.3,), "hard_shrink": (0.5,),
    "soft_shrink": (0.4,), "threshold": (0.6, -0.2), "squareplus": (4.0,), "affine": (-1.5, 0.7), "clip": (-1.0, 2.0),
}  # fmt: skip
POSITIVE = ("sqrt", "rsqrt", "log", "log1p", "reciprocal")  # tested for x > 0 only
FLAT = ("step", "sign", "floor", "ceil", "round")  # steps, where their derivative is 0
TOLERANCE = {"float32": 1e-6, "float64": 4e-15}
ATOL = {"softmax": {"float32": 1e-37, "float64": 1e-37}, "log_softmax": TOLERANCE}


def scalars(act: str) -> tuple[float, ...]:
    return SCALARS.get(act, ())


def domain(act: str, x: np.ndarray) -> np.ndarray:
    """Return numbers where the function is smooth enough for its derivative to be of the size of 1."""
    return np.abs(x) + x.dtype.type(0.25) if act in POSITIVE else x


def inputs(seed: int, shape: tuple[int, int], dtype: str) -> np.ndarray:
    """Return numbers which are the same in both dtypes, near to 0 and far from it."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=shape) * rng.choice([0.01, 1, 5], size=shape)).astype(np.float32).astype(dtype)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_forward(dtype: str, act: str, n: int) -> None:
    x = Padded(domain(act, inputs(n, (5, n), dtype)), dtype, n + 3, offset=1)
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
    values = domain(act, inputs(n, (5, n), dtype)).astype(np.float64)
    if act in reference.FROM_OUTPUT:
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
    x = domain(act, inputs(3, (1, 200), "float64"))
    kinks = np.array([0, 0.5, 1, 1.5, 2.5, 3.5, 3, *scalars(act), *(-s for s in scalars(act))])
    x = x[(np.abs(np.abs(x) - np.abs(kinks)[:, None]) > 1e-3).all(axis=0)[None] & (x % 1 > 1e-3)][None]
    step = 1e-5
    ends = [reference.activation_forward(x + side * step, act, scalars(act)) for side in (-1, 1)]
    numeric = (ends[1] - ends[0]) / (2 * step)
    a = reference.activation_forward(x, act, scalars(act)) if act in reference.FROM_OUTPUT else x
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
    "relu_general": (-np.inf, -1000.03, -0.03, -0.03, 4, 4),
    "celu": (-1.3, -1.3, 0, 0, 1e4, np.inf),
    "log_sigmoid": (-np.inf, -1e4, -np.log(2), -np.log(2), 0, 0),
    "hard_shrink": (-np.inf, -1e4, 0, 0, 1e4, np.inf),
    "threshold": (-0.2, -0.2, -0.2, -0.2, 1e4, np.inf),
    "sparse_plus": (0, 0, 0.25, 0.25, 1e4, np.inf),
    "sparse_sigmoid": (0, 0, 0.5, 0.5, 1, 1),
    "squareplus": (0, 1e-4, 1, 1, 1e4 + 1e-4, np.inf),
    "affine": (np.inf, 15000.7, 0.7, 0.7, -14999.3, -np.inf),
    "clip": (-1, -1, 0, 0, 2, 2),
    "absolute": (np.inf, 1e4, 0, 0, 1e4, np.inf),
    "square": (np.inf, 1e8, 0, 0, 1e8, np.inf),
    "sqrt": (np.nan, np.nan, 0, 0, 1e2, np.inf),
    "rsqrt": (np.nan, np.nan, -np.inf, np.inf, 1e-2, 0),
    "reciprocal": (0, -1e-4, -np.inf, np.inf, 1e-4, 0),
    "expm1": (-1, -1, 0, 0, np.inf, np.inf),
    "log": (np.nan, np.nan, -np.inf, -np.inf, np.log(1e4), np.inf),
    "log1p": (np.nan, np.nan, 0, 0, np.log1p(1e4), np.inf),
    "erf": (-1, -1, 0, 0, 1, 1),
    "sin": (np.nan, np.sin(-1e4), 0, 0, np.sin(1e4), np.nan),
    "cos": (np.nan, np.cos(1e4), 1, 1, np.cos(1e4), np.nan),
    "floor": (-np.inf, -1e4, 0, 0, 1e4, np.inf),
    "ceil": (-np.inf, -1e4, 0, 0, 1e4, np.inf),
    "round": (-np.inf, -1e4, 0, 0, 1e4, np.inf),
}


@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_far_out(dtype: str, act: str) -> None:
    x = Padded([[-np.inf, -1e4, -0.0, 0.0, 1e4, np.inf, np.nan]], dtype)
    for (y,) in run("activation_forward", dtype, x, x, x.ld, x.ld, 0, 1, 7, ACTIVATIONS[act], scalars(act)).values():
        assert np.isnan(y.value[0, 6])
        if act in LIMITS:
            np.testing.assert_allclose(y.value[0, :6], LIMITS[act], rtol=2e-6)
        else:
            assert not np.isnan(y.value[0, 1:5]).any()


@pytest.mark.parametrize("act", ["floor", "ceil", "round"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_whole_numbers(dtype: str, act: str) -> None:
    big = 2.0 ** np.finfo(dtype).nmant
    x = Padded([[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, -0.2, big - 0.5, big + 1, 3 * big]], dtype)
    expected = getattr(np, act)(x.value)
    for (y,) in run("activation_forward", dtype, x, x, x.ld, x.ld, 0, 1, x.cols, ACTIVATIONS[act], ()).values():
        np.testing.assert_array_equal(y.value, expected)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ROWS)
def test_softmax(name: str, dtype: str, n: int) -> None:
    x = Padded(inputs(n, (5, n), dtype), dtype, n + 3, offset=1)
    x.value[2, n // 2] = 1e4
    expected = getattr(reference, f"{name}_forward")(x.value.astype(np.float64))
    for output in (Padded(np.zeros((5, n)), dtype, n + 1), x):
        for (y,) in run(f"{name}_forward", dtype, output, x, output.ld, x.ld, 1, 4, n).values():
            np.testing.assert_allclose(y.value[1:4], expected[1:4], rtol=3 * TOLERANCE[dtype], atol=ATOL[name][dtype])
            assert not y.changed_outside(output, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("accumulate", [0, 1])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ROWS)
def test_softmax_backward(name: str, dtype: str, n: int, accumulate: int) -> None:
    y = Padded(getattr(reference, f"{name}_forward")(inputs(n, (5, n), "float64")), dtype, n + 3)
    dy = Padded(inputs(n + 1, (5, n), dtype), dtype, n + 2, offset=1)
    dx = Padded(inputs(n + 2, (5, n), dtype), dtype)
    backward = getattr(reference, f"{name}_backward")
    expected = backward(dy.value.astype(np.float64), y.value.astype(np.float64)) + accumulate * dx.value
    for (got,) in run(f"{name}_backward", dtype, dx, dy, y, dx.ld, dy.ld, y.ld, 1, 4, n, accumulate).values():
        np.testing.assert_allclose(got.value[1:4], expected[1:4], rtol=9 * TOLERANCE[dtype], atol=9 * TOLERANCE[dtype])
        assert not got.changed_outside(dx, slice(1, 4), slice(0, n))


@pytest.mark.parametrize("name", OF_ROWS)
def test_softmax_gradient(name: str) -> None:
    forward, backward = (getattr(reference, f"{name}_{way}") for way in ("forward", "backward"))
    x, dy = inputs(1, (4, 9), "float64"), inputs(2, (4, 9), "float64")
    step, numeric = 1e-5, np.zeros((4, 9))
    for j in range(9):
        ends = [forward(x + side * step * (np.arange(9) == j)) for side in (-1, 1)]
        numeric[:, j] = ((ends[1] - ends[0]) / (2 * step) * dy).sum(axis=1)
    np.testing.assert_allclose(backward(dy, forward(x)), numeric, atol=1e-8)
