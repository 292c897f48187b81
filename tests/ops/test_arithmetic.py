from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ops.harness import check_backward, check_forward

from fastmlp import ops
from fastmlp.graph import Graph
from fastmlp.lowering import run
from fastmlp.variables import Variable

RNG = np.random.default_rng(0)
A = np.round(RNG.normal(size=(4, 2, 3)), 1)
B = np.round(RNG.normal(size=(4, 2, 3)), 1)
POSITIVE = np.abs(RNG.normal(size=(4, 2, 3))) + 0.2
FUNCTIONS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "power": np.power,
    "squared_difference": lambda a, b: (a - b) ** 2,
    "logaddexp": np.logaddexp,
}
LOGIC = (
    "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or", "logical_xor",
    "floor_divide", "mod",
)  # fmt: skip
OPERATORS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
# Shapes of two operands, the first axis of which is the batch, and whether each has one.
SHAPES = [
    ((4, 2, 3), (4, 2, 3), (True, True)),
    ((4, 2, 3), (3,), (True, False)),
    ((2, 3), (4, 2, 3), (False, True)),
    ((4, 2, 3), (2, 1), (True, False)),
    ((4, 2, 3), (1, 2, 3), (True, False)),
    ((4, 2, 1), (4, 1, 3), (True, True)),
    ((4, 1, 1), (4, 2, 3), (True, True)),
    ((4, 2, 3), (4, 1, 3), (True, True)),
    ((4, 1), (5,), (True, False)),
    ((1,), (4, 3), (False, True)),
    ((4, 2, 1, 3), (4, 1, 5, 1), (True, True)),
    ((4, 2, 2, 3), (2, 1, 3), (True, False)),
    ((4,), (4,), (True, True)),
    ((4,), (1,), (True, False)),
    ((2, 3), (3,), (False, False)),
    ((2, 1), (1, 3), (False, False)),
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    a, b = (POSITIVE, B) if name == "power" else (A, POSITIVE)
    check_forward(getattr(ops, name), FUNCTIONS[name], a, b)
    check_backward(getattr(ops, name), a + 0.01, b)


@pytest.mark.parametrize("name", LOGIC)
def test_logic_and_other_steps(name: str) -> None:
    b = POSITIVE if name in ("floor_divide", "mod") else np.where(RNG.random(A.shape) < 0.5, A, B)
    check_forward(getattr(ops, name), getattr(np, name), A, b)


@pytest.mark.parametrize(("a", "b", "batched"), SHAPES, ids=str)
@pytest.mark.parametrize("name", ["subtract", "multiply"])
def test_broadcasting(name: str, a: tuple[int, ...], b: tuple[int, ...], batched: tuple[bool, bool]) -> None:
    arrays = RNG.normal(size=a), RNG.normal(size=b)
    check_forward(getattr(ops, name), FUNCTIONS[name], *arrays, batched=batched)
    check_backward(getattr(ops, name), *arrays, batched=batched)


@pytest.mark.parametrize(
    ("a", "b"),
    [((None, 3), (None, 4)), ((None, 3), (None,)), ((None, 3), (5, 3)), ((None, 3), (2, 2, 3)), ((2,), (3,))],
)
def test_shapes_that_do_not_broadcast(a: tuple[int | None, ...], b: tuple[int | None, ...]) -> None:
    x, y = (
        ops.placeholder(shape[1:], "float64", "x") if None in shape else np.ones(shape)  # type: ignore[arg-type]
        for shape in (a, b)
    )
    with pytest.raises(ValueError, match=r"must have shapes that broadcast. Received: "):
        ops.add(x, y)


@pytest.mark.parametrize("symbol", OPERATORS)
@pytest.mark.parametrize("other", [2, 0.5, np.float64(2), np.int32(3), np.array(2.0), POSITIVE[0]], ids=str)
def test_operators(symbol: str, other: Any) -> None:
    operator, array = OPERATORS[symbol], np.asarray(other, np.float64)
    check_forward(lambda x: operator(x, other), lambda x: operator(x, array), POSITIVE, eager=False)
    check_forward(lambda x: operator(other, x), lambda x: operator(array, x), POSITIVE, eager=False)
    if symbol in "+-*/**":
        check_backward(lambda x: operator(x, other), POSITIVE)
        check_backward(lambda x: operator(other, x), POSITIVE)
        check_backward(operator, POSITIVE, POSITIVE[::-1].copy())


def test_unary_operators() -> None:
    check_forward(lambda x: -abs(+x), lambda x: -np.abs(x), A)
    check_forward(lambda x: (x > 0) & ~(x > 1) | (x < -1), lambda x: (x > 0) & ~(x > 1) | (x < -1), A, eager=False)
    check_backward(lambda x: -abs(+x), A + 0.01)


def test_operators_with_a_variable() -> None:
    x = ops.placeholder((3,), "float32", "x")
    w = Variable((3,), "float32")
    assert ops.multiply(x, w).inputs[1].op == "parameter"
    assert (x + w).inputs[1].variables == (w,)


@pytest.mark.parametrize(
    "function",
    [
        lambda w: 1 - w * 2,
        lambda w: -w + w**2,
        lambda w: w / 2 - np.float32(3) * w,
        lambda w: np.array([3, 2, 1], np.float32) - w,
        lambda w: abs(w) % 2,
        lambda w: w[1:] - w[:2],
        lambda w: w * w,
    ],
)
def test_operators_of_a_variable_alone(function: Any) -> None:
    value = np.array([0.5, -1.5, 2.5], np.float32)
    w = Variable((3,), "float32", lambda shape, dtype: value)
    expected = function(value)
    np.testing.assert_allclose(run(Graph([], [function(w)]), [])[0], expected, rtol=1e-6)


def test_equality_is_identity() -> None:
    x, y = (ops.placeholder((3,), "float32", "x") for _ in range(2))
    assert x == x
    assert x != y
    assert len({x, y, x}) == 2


def test_where_chooses_and_lets_nothing_else_through() -> None:
    mask = RNG.random((4, 2, 3)) < 0.5
    check_forward(ops.where, lambda c, a, b: np.where(c, a, b), mask.astype(float), A, B)
    check_backward(lambda a, b: ops.where(mask[0], a, b), A, B)
    check_forward(lambda c: ops.where(c > 0, 1, c), lambda c: np.where(c > 0, 1, c), A)
    spoilt = np.where(mask, A, np.nan)
    np.testing.assert_array_equal(ops.where(mask, spoilt, B), np.where(mask, A, B))
    assert ops.where(mask[:, :, :1], A[0, 0], 0.0).shape == (4, 2, 3)


def test_quotients_by_zero() -> None:
    b = np.where(np.abs(A) < 0.5, 0, A)
    check_forward(ops.divide_no_nan, lambda a, b: np.divide(a, b, out=np.zeros_like(a), where=b != 0), B, b)
    assert ops.divide(1, np.float64(0)) == np.inf


def test_not_finite_numbers() -> None:
    x = np.array([[1.0, np.nan, np.inf, -np.inf]])
    for name in ("isnan", "isinf", "isfinite", "logical_not"):
        np.testing.assert_array_equal(getattr(ops, name)(x), getattr(np, name)(x))
    np.testing.assert_array_equal(ops.nan_to_num(x), np.nan_to_num(x))
    np.testing.assert_array_equal(ops.nan_to_num(x, 5, 6, 7), [[1, 5, 6, 7]])
    np.testing.assert_array_equal(ops.isclose([1.0, 2], [1.000001, 2.1]), [1, 0])


def test_equal_constants_are_one_variable() -> None:
    x = ops.placeholder((3,), "float64", "x")
    graphs = [Graph([x], [x * np.array([1.0, 2, 3]) + 4]) for _ in range(2)]
    assert graphs[0] == graphs[1]
    assert not graphs[0].variables[0].trainable


def test_powers_by_numbers() -> None:
    x = ops.placeholder((3,), "float64", "x")
    assert (x**2).detail == "square"
    assert (x**0.5).detail == "sqrt"
    check_forward(lambda x: x**3, lambda x: x**3, A)
    check_backward(lambda x: x**3, A)
    check_backward(lambda x: 2**x, A)
