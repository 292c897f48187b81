"""Inputs whose rows are those of CSR matrices, against the same rows with their zeros."""

from typing import Any

import numpy as np
import pytest

from fastmlp import _engine, lowering, ops
from fastmlp._engine import Data, Plan, Sparse
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import LossSpec, Lowered, Purpose, lower
from fastmlp.variables import Variable

ROWS, COLS, UNITS = 70, 37, 19
FILLED = np.random.default_rng(7).random((ROWS, COLS)) < 0.2
DENSE = np.where(FILLED, np.random.default_rng(8).normal(size=(ROWS, COLS)), 0.0)


def csr(dense: np.ndarray, dtype: str) -> Sparse:
    """Return the matrix as CSR with its columns in no order, an explicit zero and a value in two parts."""
    rng = np.random.default_rng(9)
    values, columns, starts = [], [], [0]
    for row in dense:
        places = rng.permutation(np.flatnonzero(row))
        values += [*row[places], 0.0, 0.25, -0.25]
        columns += [*places, 0, 3, 3]
        starts.append(len(values))
    return Sparse(np.array(values, dtype), np.array(columns, np.int32), np.array(starts, np.int64), dense.shape[1])


def network(dtype: str) -> tuple[Tensor, Tensor, list[Variable]]:
    x = ops.placeholder((COLS,), dtype, "x")
    draw = np.random.default_rng(0)
    variables = [
        Variable(shape, dtype, lambda s, _: draw.normal(size=s)) for shape in ((COLS, UNITS), (UNITS,), (UNITS, 2))
    ]
    hidden = ops.activation(ops.dense(x, variables[0], variables[1]), "tanh")
    return x, ops.dense(hidden, variables[2]), variables


def trained(dtype: str, sparse: bool, threads: int = 1) -> list[np.ndarray]:
    """Return the weights after two epochs of Adam."""
    x, y, variables = network(dtype)
    purpose = Purpose(16, True, ((2,),), (LossSpec("mse", 0, 0),), sparse=(0,) if sparse else ())
    lowered = lower(Graph([x], [y]), purpose)
    slots = [[Variable(v.shape, dtype) for v in lowered.variables] for _ in range(2)]
    lowered.bind(slots)
    targets = np.random.default_rng(1).normal(size=(ROWS, 2)).astype(dtype)
    data = Data([csr(DENSE, dtype) if sparse else DENSE.astype(dtype)], [targets])
    order = np.random.default_rng(2).permutation(ROWS)
    _engine.set_num_threads(threads)
    try:
        for epoch in range(2):
            sums = np.zeros((1, 2))
            rates = np.full(5, 0.01)
            lowered.plan.train(
                data,
                order,
                0,
                ROWS,
                16,
                sums,
                optimizer="adam",
                hyper=(0.9, 0.999, 1e-7),
                learning_rates=rates,
                step=5 * epoch,
                seed=0,
            )
    finally:
        _engine.set_num_threads(_engine.threads_available())
    return [v.numpy() for v in variables]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-4), ("float64", 1e-9)])
def test_training_is_that_with_dense_rows(dtype: str, tolerance: float) -> None:
    for sparse, dense in zip(trained(dtype, True), trained(dtype, False), strict=True):
        np.testing.assert_allclose(sparse, dense, rtol=tolerance, atol=tolerance)


def test_threads_do_not_change_bits() -> None:
    for one, three in zip(trained("float32", True, 1), trained("float32", True, 3), strict=True):
        np.testing.assert_array_equal(one, three)


def test_other_ops_read_the_rows_with_their_zeros() -> None:
    x = ops.placeholder((COLS,), "float64", "x")
    lowered: Lowered = lower(Graph([x], [ops.activation(x, "exponential"), x]), Purpose(16, sparse=(0,)))
    lowered.bind()
    outputs = [np.empty((ROWS, COLS)) for _ in range(2)]
    lowered.plan.predict(Data([csr(DENSE, "float64")]), outputs, 0, ROWS)
    np.testing.assert_allclose(outputs[0], np.exp(DENSE), rtol=1e-12)
    np.testing.assert_allclose(outputs[1], DENSE, rtol=1e-14)


def test_rows_are_written_out_once_for_all_ops_that_read_them(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: list[str] = []

    class Recorded(Plan):
        def op(self, kind: str, *arguments: Any) -> int:
            kinds.append(kind)
            return super().op(kind, *arguments)

    monkeypatch.setattr(lowering, "Plan", Recorded)
    x = ops.placeholder((COLS,), "float64", "x")
    outputs = [ops.activation(x, "exponential"), ops.activation(x, "tanh"), x, x]
    lowered = lower(Graph([x], outputs), Purpose(16, sparse=(0,)))
    assert kinds.count("densify") == 1
    lowered.bind()
    arrays = [np.empty((ROWS, COLS)) for _ in outputs]
    lowered.plan.predict(Data([csr(DENSE, "float64")]), arrays, 0, ROWS)
    for array, expected in zip(arrays, (np.exp(DENSE), np.tanh(DENSE), DENSE, DENSE), strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("values", "columns", "starts", "message"),
    [
        ([1.0], [5], [0, 1], "Columns must be from 0 to 4. Received: 5"),
        ([1.0], [-1], [0, 1], "Columns must be from 0 to 4. Received: -1"),
        ([1.0], [0], [0, 2], "must lie within its 1 values"),
        ([1.0, 1.0], [0, 1], [0, 2, 1], "must begin one after the other. Received: row 2"),
        ([1.0, 1.0], [0], [0, 1], "needs values of float32 or float64, columns of int32 and starts of int64"),
    ],
)
def test_what_is_no_csr_matrix_is_refused(values: list, columns: list, starts: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sparse(np.array(values), np.array(columns, np.int32), np.array(starts, np.int64), 5)


def test_values_are_of_the_plans_dtype() -> None:
    x, y, _ = network("float32")
    lowered = lower(Graph([x], [y]), Purpose(16, sparse=(0,)))
    lowered.bind()
    with pytest.raises(ValueError, match="must have the plan's dtype"):
        lowered.plan.predict(Data([csr(DENSE, "float64")]), [np.empty((ROWS, 2), np.float32)], 0, ROWS)
