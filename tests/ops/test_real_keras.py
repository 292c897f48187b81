"""The ops and activations of Keras itself, on the same arrays."""

from typing import Any

import numpy as np
import pytest
from ops.harness import gradients_of
from real_keras import keras

from fastmlp import activations, ops

X = np.random.default_rng(0).normal(size=(3, 2, 4)).astype(np.float32)
POSITIVE = np.abs(X) + np.float32(0.1)
EDGES = np.array([-np.inf, -6, -3, -1, -0.5, -0.0, 0.0, 0.5, 1, 3, 6, np.inf], np.float32)

UNARY = (
    "negative", "absolute", "abs", "sign", "square", "exp", "expm1", "exp2", "sin", "cos", "tan", "sinh", "cosh", "erf",
    "floor", "ceil", "round", "trunc", "relu", "relu6", "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "swish",
    "hard_silu", "hard_swish", "sigmoid", "log_sigmoid", "hard_sigmoid", "sparse_sigmoid", "tanh", "hard_tanh",
    "tanh_shrink", "hard_shrink", "soft_shrink", "softplus", "sparse_plus", "squareplus", "softsign", "softmax",
    "log_softmax", "glu", "logical_not", "isnan", "isinf", "isfinite", "sum", "mean", "max", "min", "prod", "var",
    "std", "amax", "amin", "logsumexp", "argmax", "argmin", "any", "all", "count_nonzero", "norm", "normalize",
    "squeeze", "transpose", "flip", "zeros_like", "ones_like", "stop_gradient", "average",
)  # fmt: skip
OF_POSITIVE = ("sqrt", "rsqrt", "reciprocal", "log", "log1p", "log2", "log10")
BINARY = (
    "add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "equal", "not_equal", "greater",
    "greater_equal", "less", "less_equal", "logical_and", "logical_or", "logical_xor", "logaddexp", "floor_divide",
    "mod", "vdot", "isclose",
)  # fmt: skip
# name, arguments, keywords
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("clip", (X, -0.5, 0.5), {}),
    ("power", (POSITIVE, X), {}),
    ("power", (X, 3), {}),
    ("threshold", (X, 0.2, -1.0), {}),
    ("round", (X, 1), {}),
    ("where", (X > 0, X, 0.0), {}),
    ("softmax", (X,), {"axis": 1}),
    ("sum", (X,), {"axis": (0, 2), "keepdims": True}),
    ("mean", (X,), {"axis": 1}),
    ("var", (X,), {"axis": 0, "keepdims": True}),
    ("max", (X,), {"axis": (1, 2)}),
    ("argmax", (X,), {"axis": 1}),
    ("logsumexp", (X,), {"axis": -1, "keepdims": True}),
    ("moments", (X,), {"axes": [0, 1]}),
    ("norm", (X[0],), {"ord": 1, "axis": 1}),
    ("normalize", (X,), {"axis": 1, "order": 1}),
    ("reshape", (X, (6, -1)), {}),
    ("expand_dims", (X, 1), {}),
    ("squeeze", (X[:1],), {"axis": 0}),
    ("transpose", (X,), {"axes": (1, 0, 2)}),
    ("swapaxes", (X, 0, 2), {}),
    ("moveaxis", (X, 0, -1), {}),
    ("concatenate", ([X, 2 * X],), {"axis": 1}),
    ("stack", ([X, 2 * X],), {"axis": 1}),
    ("stack", ([X, 2 * X],), {}),
    ("split", (X, 2), {"axis": 2}),
    ("split", (X, [1, 3]), {"axis": 2}),
    ("repeat", (X, 2), {"axis": 1}),
    ("tile", (X, (2, 1, 1)), {}),
    ("flip", (X,), {"axis": 1}),
    ("take", (X, [2, 0]), {"axis": 0}),
    ("broadcast_to", (X[:, :1], (3, 2, 4)), {}),
    ("matmul", (X, X[0].T), {}),
    ("dot", (X, X[0, 0]), {}),
    ("outer", (X[0, 0], X[1, 0]), {}),
    ("one_hot", (np.array([0, 2, 1]), 3), {}),
    ("one_hot", (np.array([0, 2, 1]), 3), {"axis": 0}),
    ("cumsum", (X,), {"axis": 1}),
    ("full_like", (X, 2.5), {}),
    ("cast", (X, "int32"), {}),
    ("arange", (5,), {}),
    ("linspace", (0, 1), {"num": 7}),
    ("eye", (3,), {}),
    ("zeros", ((2, 3),), {}),
    ("ones", ((2, 3),), {}),
    ("full", ((2, 3), 4), {}),
    ("size", (X,), {}),
    ("ndim", (X,), {}),
    ("shape", (X,), {}),
]


def check(name: str, *args: Any, **kwargs: Any) -> None:
    got, expected = getattr(ops, name)(*args, **kwargs), getattr(keras.ops, name)(*args, **kwargs)
    several = isinstance(expected, list | tuple)
    for mine, theirs in zip(got if several else [got], expected if several else [expected], strict=True):
        assert np.shape(mine) == np.shape(theirs)
        np.testing.assert_allclose(mine, np.asarray(theirs, np.float64), rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_operand(name: str) -> None:
    check(name, X[:1] if name == "squeeze" else X)


@pytest.mark.parametrize("name", OF_POSITIVE)
def test_functions_of_positive_numbers(name: str) -> None:
    check(name, POSITIVE)


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_operands(name: str) -> None:
    check(name, X, POSITIVE)
    if name != "vdot":
        check(name, X, POSITIVE[0, :1])
        check(name, X, 0.5)


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_calls(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    check(name, *args, **kwargs)


# sparsemax sorts, which the engine does not.
OTHERS = ("get", "serialize", "deserialize", "sparsemax")
ACTIVATIONS = [name for name in dir(keras.activations) if not name.startswith("_") and name not in OTHERS]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    args = (0.3, -2.0) if name == "threshold" else ()
    for x in (X, EDGES.reshape(1, -1)):
        got = getattr(activations, name)(x, *args)
        expected = np.asarray(getattr(keras.activations, name)(x, *args), np.float64)
        expected = np.where(np.isnan(expected), got, expected)  # Keras' squareplus of -inf; ours is 0
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    assert activations.get(name) is getattr(activations, name)


@pytest.mark.parametrize(
    "settings",
    [
        {"negative_slope": 0.1},
        {"max_value": 2.0},
        {"threshold": 0.5},
        {"negative_slope": 0.2, "max_value": 1, "threshold": 0.1},
    ],
    ids=str,
)
def test_settings_of_relu(settings: dict[str, float]) -> None:
    for x in (X, EDGES[1:-1]):
        expected = np.asarray(keras.activations.relu(x, **settings))
        np.testing.assert_allclose(activations.relu(x, **settings), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", [n for n in ACTIVATIONS if n not in ("glu", "threshold", "linear")])
def test_gradients_of_activations(name: str) -> None:
    """Of a weighted sum, between the kinks."""
    jax = pytest.importorskip("jax", reason="gradients of Keras' functions are taken with JAX")
    x = (X.reshape(3, 8) + 0.013).astype(np.float64)
    weights = np.random.default_rng(1).normal(size=x.shape)
    expected = jax.grad(lambda x: (getattr(keras.activations, name)(x) * weights).sum())(x.astype(np.float32))
    (got,) = gradients_of(lambda x: ops.sum(getattr(activations, name)(x) * weights), x)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
