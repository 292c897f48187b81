"""How exact the elementary functions are, in units of the last place, against NumPy's longdouble."""

from collections.abc import Callable

import numpy as np
import pytest
from kernels.bindings import DTYPES, Padded, enum, run

import reference

Function = Callable[[np.ndarray], np.ndarray]

if np.finfo(np.longdouble).eps > 1e-18:
    pytest.skip("longdouble is no wider than double here", allow_module_level=True)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


# activation, what it is, where, and the largest errors allowed with fused multiply-add and without
FUNCTIONS: list[tuple[str, Function, float, float, float, float]] = [
    ("exponential", np.exp, -87, 88.7, 1.25, 1.5),
    ("elu", np.expm1, -40, 0, 1.5, 2.5),  # alpha = 1
    ("tanh", np.tanh, -20, 20, 2.75, 2.75),
    ("sigmoid", sigmoid, -80, 80, 2.5, 3),
    ("softplus", lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0), -80, 80, 2.5, 3.5),
    ("silu", lambda x: x * sigmoid(x), -80, 80, 3, 4),
    ("expm1", np.expm1, -40, 88.7, 2, 2.5),
    ("log", np.log, 0, 1e6, 1.5, 1.5),
    ("log1p", np.log1p, -0.99, 1e6, 2.75, 3),
    ("sin", np.sin, -60, 60, 2, 2),
    ("cos", np.cos, -60, 60, 2, 2),
]


def samples(low: float, high: float, dtype: str) -> np.ndarray:
    """Return numbers spread evenly, and others spread evenly in size down to 1e-6 on both sides of 0."""
    rng = np.random.default_rng(0)
    even = rng.uniform(low, high, 60_000)
    small = np.concatenate([np.sign(side) * np.geomspace(1e-6, abs(side), 200_000) for side in (low, high) if side])
    return np.concatenate([even, small]).astype(dtype)


def units(got: np.ndarray, exact: np.ndarray) -> float:
    spacing = np.spacing(np.abs(exact).astype(got.dtype)).astype(np.longdouble)
    return float(np.max(np.abs(got.astype(np.longdouble) - exact) / spacing))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function[0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_activation_functions(dtype: str, function: tuple[str, Function, float, float, float, float]) -> None:
    act, exact, low, high, fused, unfused = function
    x = Padded(samples(low, high, dtype), dtype)
    expected = exact(x.value.astype(np.longdouble))
    kind = enum("fm_activation")[act]
    for isa, (y,) in run("activation_forward", dtype, x, x, x.ld, x.ld, 0, 1, x.cols, kind, (1.0,)).items():
        assert units(y.value, expected) <= (unfused if isa == "baseline" else fused), isa


def test_gelu() -> None:
    """Below 0 it is exact relative to itself, far into the tail; the twin is exact enough to tell in float32 only."""
    x = Padded(samples(-12, 12, "float32"), "float32")
    expected = reference.activation_forward(x.value.astype(np.float64), "gelu")
    kind = enum("fm_activation")["gelu"]
    for isa, (y,) in run("activation_forward", "float32", x, x, x.ld, x.ld, 0, 1, x.cols, kind, None).items():
        assert units(y.value, expected) <= (80 if isa == "baseline" else 6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_log(dtype: str) -> None:
    """The crossentropy of p with the target 1 is -log p."""
    p = Padded(np.geomspace(1.1e-7, 1 - 2e-7, 20_000)[:, None], dtype)
    t = Padded(np.ones_like(p.value), dtype)
    kind = enum("fm_loss")["binary_crossentropy"]
    args = (None, None, p, t, None, 0, 0, p.ld, t.ld, 0, p.rows, 1, kind, (0.0,), 1.0)
    expected = -np.log(p.value[:, 0].astype(np.longdouble))
    for (losses,) in run("loss", dtype, np.zeros(p.rows), *args).values():
        assert units(losses.astype(dtype), expected) <= 1.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_at_its_ends(dtype: str) -> None:
    largest = np.nextafter(np.log(np.finfo(dtype).max), 0, dtype=dtype)
    tiniest = np.log(np.finfo(dtype).tiny) + 1
    x = Padded([[largest, largest + 1, tiniest, -1e5]], dtype)
    kind = enum("fm_activation")["exponential"]
    for (y,) in run("activation_forward", dtype, x, x, x.ld, x.ld, 0, 1, 4, kind, None).values():
        np.testing.assert_allclose(y.value[0], [np.exp(largest), np.inf, np.exp(tiniest), 0], rtol=1e-6)
