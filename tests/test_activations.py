import math
from collections.abc import Callable

import numpy as np
import pytest
from gradients import check_gradients

from fastmlp import activations, ops
from fastmlp.initializers import RandomNormal
from fastmlp.variables import Variable

Function = Callable[[np.ndarray], np.ndarray]


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


FORMULAS: dict[str, Function] = {
    "linear": lambda x: x,
    "step": lambda x: (x >= 0).astype(float),
    "heaviside": lambda x: (x >= 0).astype(float),
    "sign": np.sign,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(x, 0),
    "softmax": _softmax,
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    "gelu": lambda x: x * np.vectorize(lambda v: (1 + math.erf(v / math.sqrt(2))) / 2)(x),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "swish": lambda x: x / (1 + np.exp(-x)),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "exponential": np.exp,
    "softsign": lambda x: x / (1 + np.abs(x)),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "relu6": lambda x: np.clip(x, 0, 6),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "log_sigmoid": lambda x: -np.logaddexp(-x, 0),
    "log_softmax": lambda x: np.log(_softmax(x)),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "sparse_plus": lambda x: np.where(x < 1, np.maximum((x + 1) / 2, 0) ** 2, x),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
}
X = np.linspace(-5, 5, 41).reshape(-1, 1) + np.array([0.0, 0.1, 0.7])


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_on_arrays(name: str) -> None:
    function = activations.get(name)
    assert function is getattr(activations, name)
    y = function(X)
    assert (y.shape, y.dtype) == (X.shape, np.float64)
    np.testing.assert_allclose(y, FORMULAS[name](X), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
def test_on_a_tensor_it_is_a_node_of_the_graph(name: str) -> None:
    x = ops.placeholder((3,), "float32", "x")
    y = activations.get(name)(x)
    assert y.shape == x.shape
    assert y is x if name == "linear" else y.op == "activation"


def test_parameters() -> None:
    np.testing.assert_allclose(activations.elu(X, alpha=0.5), np.where(X > 0, X, 0.5 * np.expm1(X)), rtol=1e-13)
    np.testing.assert_allclose(activations.relu(X, negative_slope=0.1), np.where(X > 0, X, 0.1 * X), rtol=1e-13)
    np.testing.assert_allclose(activations.leaky_relu(X, 0.3), np.where(X > 0, X, 0.3 * X), rtol=1e-13)
    np.testing.assert_allclose(
        activations.relu(X, 0.1, max_value=2, threshold=0.5), np.where(X > 0.5, np.minimum(X, 2), 0.1 * (X - 0.5))
    )
    np.testing.assert_allclose(activations.celu(X, 2.0), np.where(X > 0, X, 2 * np.expm1(X / 2)), rtol=1e-13)
    np.testing.assert_allclose(activations.threshold(X, 0.5, -1), np.where(X > 0.5, X, -1))
    tanh = np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))
    np.testing.assert_allclose(activations.gelu(X, approximate=True), X * (1 + tanh) / 2, rtol=1e-12, atol=1e-13)
    with pytest.raises(ValueError, match=r"`negative_slope` must not be negative. Received: negative_slope=-1"):
        activations.leaky_relu(X, -1)


def test_a_gated_linear_unit_halves_an_axis() -> None:
    x = np.arange(8.0).reshape(2, 4)
    np.testing.assert_allclose(activations.glu(x), x[:, :2] / (1 + np.exp(-x[:, 2:])), rtol=1e-13)
    with pytest.raises(ValueError, match=r"an axis of even size. Received: size 3 of axis -1"):
        activations.glu(x[:, :3])


@pytest.mark.parametrize("alpha", [-0.5, float("nan")])
def test_elu_falls_nowhere(alpha: float) -> None:
    with pytest.raises(ValueError, match=r"`alpha` must not be negative. Received: alpha="):
        activations.elu(X, alpha)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("fused", [True, False])
def test_gradients(name: str, fused: bool) -> None:
    """Behind a dense layer an activation is fused with it; behind a product it stands alone."""
    kernel = Variable((3, 4), "float64", RandomNormal(stddev=0.5, seed=2), name="kernel")
    last = Variable((4, 2), "float64", RandomNormal(stddev=0.5, seed=3), name="last")
    x = ops.placeholder((3,), "float64", "x")
    z = ops.dense(x, kernel)
    y = activations.get(name)(z if fused else z * z)
    check_gradients([x], [ops.dense(y, last)], [np.random.default_rng(0).uniform(-1, 1, (5, 3))])


@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4), (0, 3)])
def test_arrays_of_any_shape(shape: tuple[int, ...]) -> None:
    x = np.full(shape, 0.5)
    y = activations.tanh(x)
    assert y.shape == shape
    np.testing.assert_allclose(y, np.tanh(x), rtol=1e-14)


def test_softmax_sums_to_one_along_an_axis() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_allclose(activations.softmax(x, axis=2), _softmax(x), rtol=1e-13)
    np.testing.assert_allclose(activations.softmax([1.0, 1e4]), [0.0, 1.0])
    np.testing.assert_allclose(activations.softmax(x, axis=0), np.moveaxis(_softmax(np.moveaxis(x, 0, 2)), 2, 0))
    with pytest.raises(ValueError, match="`axis` must not be the batch axis"):
        activations.softmax(ops.placeholder((3,), "float32", "x"), axis=0)


@pytest.mark.parametrize("x", [[-1, 0, 2], 3, np.array([1, 2], np.uint8), np.array([1, 2], np.float16)])
def test_other_numbers_become_floatx(x: object) -> None:
    y = activations.relu(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, np.maximum(x, 0))


@pytest.mark.parametrize("x", ["a", np.array([1 + 2j]), None, np.array([object()])])
def test_other_things_are_refused(x: object) -> None:
    with pytest.raises(ValueError, match=r"a tensor or an array of real numbers. Received: "):
        activations.relu(x)


def test_strided_and_read_only_arrays() -> None:
    x = np.asfortranarray(X)[::2, 1:]
    x.flags.writeable = False
    np.testing.assert_array_equal(activations.relu(x), np.maximum(x, 0))


def test_none_means_linear_and_functions_pass_through() -> None:
    assert activations.get(None) is activations.linear
    assert activations.get(np.tanh) is np.tanh


@pytest.mark.parametrize("name", FORMULAS)
def test_serialize_and_back(name: str) -> None:
    function = activations.get(name)
    assert activations.deserialize(activations.serialize(function)) is function


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"Unknown activation: 'rely'. Known are: .*relu.*step.*tanh"):
        activations.get("rely")
    with pytest.raises(ValueError, match=r"must be a name, a function or None. Received: 3"):
        activations.get(3)  # type: ignore[arg-type]
