from typing import Any

import numpy as np
import pytest
from ops.harness import check_backward, check_forward, values

from fastmlp import ops
from fastmlp.layers import Dense
from fastmlp.variables import Variable

RNG = np.random.default_rng(0)
# Shapes of two operands, the first axis of which is the batch, and whether each has one.
SHAPES = [
    ((4, 3), (3, 5), (True, False)),
    ((4, 2, 3), (3, 5), (True, False)),
    ((4, 3), (3,), (True, False)),
    ((4, 2, 3), (4, 3, 5), (True, True)),
    ((2, 3), (4, 3, 5), (False, True)),
    ((3,), (4, 3, 5), (False, True)),
    ((2, 3), (3, 5), (False, False)),
    ((3,), (3,), (False, False)),
    ((3,), (3, 2), (False, False)),
]


@pytest.mark.parametrize(("a", "b", "batched"), SHAPES, ids=str)
def test_matmul(a: Any, b: Any, batched: Any) -> None:
    arrays = RNG.normal(size=a), RNG.normal(size=b)
    check_forward(ops.matmul, np.matmul, *arrays, batched=batched)
    check_forward(lambda x, y: x @ y, np.matmul, *arrays, batched=batched)
    check_backward(ops.matmul, *arrays, batched=batched)


def test_a_variable_as_the_matrix_is_a_dense_layer() -> None:
    x, w = ops.placeholder((3,), "float32", "x"), Variable((3, 2), "float32")
    assert (x @ w).op == "dense"
    assert ops.matmul(w, np.ones((2, 5))).shape == (3, 5)


def test_a_product_and_a_bias_are_one_op() -> None:
    x, w, b = ops.placeholder((3,), "float64", "x"), RNG.normal(size=(3, 2)), RNG.normal(size=2)
    kernel, bias = (Variable(v.shape, "float64", lambda shape, dtype, v=v: v) for v in (w, b))
    sums = [x @ kernel + bias, bias + x @ kernel, ops.add(x @ kernel, b)]
    assert [tensor.op for tensor in sums] == ["dense", "binary", "binary"]
    array = RNG.normal(size=(5, 3))
    for value in values(sums, [x], [array]):
        np.testing.assert_allclose(value, array @ w + b, rtol=1e-12)
    layer_output = Dense(2, use_bias=False, dtype="float64")(x)
    assert (layer_output + Variable((2,), "float64")).op == "binary"


def test_shapes_that_do_not_fit() -> None:
    x = ops.placeholder((3,), "float32", "x")
    for other in (np.ones((4, 2)), np.ones(4), Variable((2, 2), "float32"), x):
        with pytest.raises(ValueError, match=r"must have the size of the last but one of the second. Received: shapes"):
            ops.matmul(x, other)
    with pytest.raises(ValueError, match="operands of at least one axis"):
        ops.matmul(x, 3.0)


def test_other_products() -> None:
    a, b = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 5))
    check_forward(lambda x: ops.dot(x, 2), lambda x: x * 2, a)
    check_forward(ops.dot, np.dot, a, b, batched=[True, False])
    check_forward(ops.vdot, np.vdot, a, a + 1)
    check_backward(ops.vdot, a, a + 1)
    check_forward(ops.outer, np.outer, a[0], b[0], batched=[False, False])
    x, y = ops.placeholder((3,), "float64", "x"), ops.placeholder((5,), "float64", "y")
    (products,) = values(ops.outer(x, y), [x, y], [a, b.T[:4].repeat(2, 1)[:, :5]])
    np.testing.assert_allclose(products, a[:, :, None] * b.T[:4].repeat(2, 1)[:, None, :5])


def test_one_hot() -> None:
    labels = RNG.integers(0, 4, (6,)).astype(float)
    check_forward(lambda x: ops.one_hot(x, 4), lambda x: np.eye(4)[x.astype(int)], labels)
    grid = RNG.integers(0, 4, (6, 2)).astype(float)
    check_forward(lambda x: ops.one_hot(x, 4, axis=1), lambda x: np.moveaxis(np.eye(4)[x.astype(int)], -1, 1), grid)
    np.testing.assert_array_equal(ops.one_hot([-1, 1], 2), [[0, 0], [0, 1]])


def test_multi_hot() -> None:
    labels = RNG.integers(0, 5, (6, 2)).astype(float)
    check_forward(lambda x: ops.multi_hot(x, 5), lambda x: np.eye(5)[x.astype(int)].max(1), labels)
    np.testing.assert_array_equal(ops.multi_hot([0, 2], 3), [1, 0, 1])


def test_rows_of_a_table() -> None:
    table, indices = RNG.normal(size=(7, 2, 3)), RNG.integers(0, 7, (4, 5))
    x = ops.placeholder((5,), "float64", "x")
    (rows,) = values(ops.take(table, x, axis=0), [x], [indices])
    np.testing.assert_array_equal(rows, table[indices])
    check_backward(lambda t: ops.take(t, ops.argmax(np.eye(7)[indices], axis=-1), axis=0), table, batched=[False])
    with pytest.raises(ValueError, match=r"take rows of a fixed table, axis=0. Received: "):
        ops.take(x, x, axis=1)
