"""One epoch of a linear threshold unit against its plain twin; the same bits on every ISA, baseline included."""

import ctypes
from typing import Any

import numpy as np
import pytest
from kernels.bindings import DTYPES, ISAS, PROTOTYPES, SIZES, enum

import reference
from fastmlp import _engine

ROWS = 45
TOLERANCE = {"float32": 1e-4, "float64": 1e-11}
PENALTIES = {  # alpha, share of the absolute sum, whether there is one
    "none": (0.0, 0.0, False),
    "l2": (0.02, 0.0, True),
    "strong l2": (0.9, 0.0, True),  # the scale starts again
    "l1": (0.003, 1.0, True),
    "elasticnet": (0.01, 0.3, True),
}


class Array(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p), ("stride", ctypes.c_size_t), ("dtype", ctypes.c_int),
        ("columns", ctypes.c_void_p), ("starts", ctypes.c_void_p),
    )  # fmt: skip


class Perceptron(ctypes.Structure):
    _fields_ = (
        ("x", Array), ("rows", ctypes.c_size_t), ("cols", ctypes.c_size_t), ("positive", ctypes.c_void_p),
        ("held_out", ctypes.c_void_p), ("row_weights", ctypes.c_void_p), ("class_weights", ctypes.c_double * 2),
        *((name, ctypes.c_double) for name in ("rate", "intercept_rate", "alpha", "l1_ratio")),
        *((name, ctypes.c_int) for name in ("penalized", "shuffled", "normed")),
        ("tolerance", ctypes.c_double), ("patience", ctypes.c_uint64), ("w", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in ("shrunk", "order", "spare", "shuffler")),
        *((name, ctypes.c_double) for name in (
            "scale", "intercept", "square_norm", "absolute_norm", "shrinkage", "best",
        )),
        *((name, ctypes.c_uint64) for name in ("stale", "epochs", "steps")),
        ("loss", ctypes.c_double), ("objective", ctypes.c_double),
    )  # fmt: skip


def rows_of(cols: int, sparse: bool, dtype: str) -> np.ndarray:
    rng = np.random.default_rng(cols)
    x = rng.normal(size=(ROWS, cols)).astype(dtype)
    return x * (rng.random(x.shape) < 0.3) if sparse else x


def to_csr(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, columns and starts, the columns in falling order."""
    rows, columns = np.nonzero(x[:, ::-1])
    columns = x.shape[1] - 1 - columns
    return x[rows, columns], columns.astype(np.int32), np.append(0, (x != 0).sum(axis=1).cumsum()).astype(np.int64)


def epoch(isa: str, x: np.ndarray, sparse: bool, given: dict[str, Any], w: np.ndarray) -> tuple[np.ndarray, Perceptron]:
    """Run the kernel; return the weights and the unit."""
    dtype, cols = x.dtype, x.shape[1]
    values, columns, starts = to_csr(x) if sparse else (x, None, None)
    alpha, l1_ratio, penalized = given["penalty"]
    order = given["order"].astype(np.int32)
    positive, held_out = (given[name].astype(np.uint8) for name in ("positive", "held_out"))
    row_weights = given["row_weights"].astype(dtype)
    w, shrunk = w.astype(dtype), np.zeros(cols, dtype)
    unit = Perceptron(rows=ROWS, cols=cols, scale=1, intercept=0.25, normed=1)
    unit.x = Array(values.ctypes.data, x.strides[0], enum("fm_dtype")["f32" if dtype == np.float32 else "f64"])
    if sparse:
        unit.x.columns, unit.x.starts = columns.ctypes.data, starts.ctypes.data
    unit.positive, unit.held_out, unit.row_weights = positive.ctypes.data, held_out.ctypes.data, row_weights.ctypes.data
    unit.class_weights[:] = given["class_weights"]
    unit.rate, unit.intercept_rate = given["rate"], given["intercept_rate"]
    unit.alpha, unit.l1_ratio, unit.penalized = alpha, l1_ratio, penalized
    unit.w, unit.order = w.ctypes.data, order.ctypes.data
    unit.shrunk = shrunk.ctypes.data if l1_ratio * alpha else None
    unit.square_norm, unit.absolute_norm = (w.astype(float) ** 2).sum(), np.abs(w.astype(float)).sum()
    PROTOTYPES["perceptron_epoch"](_engine.kernels(isa, str(dtype))["perceptron_epoch"])(ctypes.addressof(unit))
    return w, unit


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("cols", SIZES)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_epoch(dtype: str, sparse: bool, cols: int, penalty: str) -> None:
    rng = np.random.default_rng(1)
    x, w = rows_of(cols, sparse, dtype), rng.normal(size=cols).astype(dtype) / 8
    given = {
        "positive": rng.random(ROWS) < 0.4,
        "held_out": rng.random(ROWS) < 0.1,
        "row_weights": rng.integers(0, 4, ROWS) / 2,
        "class_weights": (0.5, 2.0),
        "order": rng.permutation(ROWS),
        "rate": 0.5,
        "intercept_rate": 0.125,
        "penalty": PENALTIES[penalty],
    }
    expected_w, expected = reference.perceptron_epoch(x.astype(float), w.astype(float), 0.25, **given)
    bits = set()
    for isa in ISAS:
        got, unit = epoch(isa, x, sparse, given, w)
        np.testing.assert_allclose(got * unit.scale, expected_w, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        sums = [unit.intercept, unit.loss, unit.objective]
        np.testing.assert_allclose(sums, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert unit.steps == ROWS - given["held_out"].sum()
        bits.add((got.tobytes(), unit.scale, *sums))
    assert len(bits) == 1


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_all_finite(dtype: str, n: int, value: float) -> None:
    a = np.full(n, np.finfo(dtype).max, dtype)
    for isa in ISAS:
        all_finite = PROTOTYPES["all_finite"](_engine.kernels(isa, dtype)["all_finite"])
        assert all_finite(a.ctypes.data, n)
        assert all_finite(a.ctypes.data, 0)
        for place in {0, n // 2, n - 1}:
            spoilt = a.copy()
            spoilt[place] = value
            assert not all_finite(spoilt.ctypes.data, n)
