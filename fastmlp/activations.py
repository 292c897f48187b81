"""Activation functions: of Tensors in a model, and of arrays, to look at them or plot them.

Both ways the engine computes. A function is also known by its name, `Dense(30, activation="relu")`.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import config, ops
from fastmlp._registry import unknown_name
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import run

Activation = Callable[..., Any]
F = TypeVar("F", bound=Activation)

_functions: dict[str, Activation] = {}


def _known(*aliases: str) -> Callable[[F], F]:
    def enter(function: F) -> F:
        for name in (function.__name__, *aliases):
            _functions[name] = function
        return function

    return enter


def _apply(x: Tensor | ArrayLike, name: str, scalars: Sequence[float] = ()) -> Any:
    """Apply the engine's activation `name`. Arrays stay float64 if they are, everything else becomes `floatx()`."""
    if isinstance(x, Tensor):
        return ops.activation(x, name, scalars)
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"An activation expects a tensor or an array of real numbers. Received: {x!r}")
    dtype = array.dtype.name if array.dtype.name in config.DTYPES else config.floatx()
    array = np.asarray(array, dtype, order="C")
    if array.size == 0:
        return array.copy()
    cols = array.shape[-1] if array.ndim else 1
    tensor = ops.placeholder((cols,), dtype, "x")
    (result,) = run(Graph([tensor], [ops.activation(tensor, name, scalars)]), [array.reshape(-1, cols)])
    return result.reshape(array.shape)


@_known()
def linear(x: Any) -> Any:
    """Return x unchanged."""
    return x


@_known("heaviside")
def step(x: Any) -> Any:
    """Return 1 where x >= 0, else 0: Heaviside's function, the threshold of the first perceptrons. No gradient."""
    return _apply(x, "step")


heaviside = step


@_known()
def sign(x: Any) -> Any:
    """Return -1, 0 or 1, the sign of x. No gradient."""
    return _apply(x, "sign")


@_known()
def sigmoid(x: Any) -> Any:
    """Return the logistic function 1 / (1 + exp(-x)), in (0, 1)."""
    return _apply(x, "sigmoid")


@_known()
def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent, in (-1, 1)."""
    return _apply(x, "tanh")


@_known()
def relu(x: Any, negative_slope: float = 0.0) -> Any:
    """Return max(0, x), the rectified linear unit; with a `negative_slope`, that times x where x is negative."""
    return leaky_relu(x, negative_slope) if negative_slope else _apply(x, "relu")


@_known()
def softplus(x: Any) -> Any:
    """Return log(1 + exp(x)), a smooth and positive relu."""
    return _apply(x, "softplus")


@_known()
def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(x) scaled to sum 1 along the last axis: the probabilities of classes."""
    rank = len(x.shape) if isinstance(x, Tensor) else np.ndim(x)
    if rank < 1 or axis not in (-1, rank - 1):
        raise ValueError(f"softmax works along the last axis. Received: axis={axis!r} of {rank} axes")
    return _apply(x, "softmax")


@_known()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where x > 0, else alpha (exp(x) - 1); alpha is not negative: Clevert et al., arXiv:1511.07289."""
    if not alpha >= 0:
        raise ValueError(f"`alpha` must not be negative. Received: alpha={alpha}")
    return _apply(x, "elu", (alpha,))


@_known()
def selu(x: Any) -> Any:
    """Return the scaled elu that keeps mean 0 and variance 1: Klambauer et al., arXiv:1706.02515."""
    return _apply(x, "selu")


@_known()
def gelu(x: Any, approximate: bool = False) -> Any:
    """Return x times the normal distribution function of x, or its tanh approximation: arXiv:1606.08415."""
    return _apply(x, "gelu_tanh" if approximate else "gelu")


@_known("swish")
def silu(x: Any) -> Any:
    """Return x sigmoid(x), also called swish: Ramachandran et al., arXiv:1710.05941."""
    return _apply(x, "silu")


swish = silu


@_known()
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Return x where x > 0, else negative_slope x; the slope is not negative."""
    if not negative_slope >= 0:
        raise ValueError(f"`negative_slope` must not be negative. Received: negative_slope={negative_slope}")
    return _apply(x, "leaky_relu", (negative_slope,))


@_known()
def exponential(x: Any) -> Any:
    """Return exp(x)."""
    return _apply(x, "exponential")


@_known()
def softsign(x: Any) -> Any:
    """Return x / (1 + |x|), in (-1, 1)."""
    return _apply(x, "softsign")


@_known()
def hard_sigmoid(x: Any) -> Any:
    """Return (x + 3) / 6 clipped to [0, 1], the sigmoid in three straight pieces, as in Keras 3."""
    return _apply(x, "hard_sigmoid")


def get(identifier: str | Activation | None) -> Activation:
    """Return the activation function of that name; None means `linear`, a function is returned as it is.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists those that are known.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"An activation must be a name, a function or None. Received: {identifier!r}")


def serialize(activation: Activation) -> str:
    """Return the name of an activation function."""
    return str(getattr(activation, "__name__", type(activation).__name__))


def deserialize(name: str) -> Activation:
    """Return the activation function of that name."""
    try:
        return _functions[name]
    except KeyError:
        raise unknown_name("activation", name, _functions) from None
