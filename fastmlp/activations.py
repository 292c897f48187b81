"""Activation functions: of Tensors in a model, and of arrays, to look at them or plot them.

Both ways the engine computes. A function is also known by its name, `Dense(30, activation="relu")`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import config, ops
from fastmlp._registry import Functions
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import run

Activation = Callable[..., Any]

_registry = Functions("activation")


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


@_registry.add()
def linear(x: Any) -> Any:
    """Return x unchanged."""
    return x


@_registry.add("heaviside")
def step(x: Any) -> Any:
    """Return 1 where x >= 0, else 0: Heaviside's function, the threshold of the first perceptrons. No gradient."""
    return _apply(x, "step")


heaviside = step


@_registry.add()
def sign(x: Any) -> Any:
    """Return -1, 0 or 1, the sign of x. No gradient."""
    return _apply(x, "sign")


@_registry.add()
def sigmoid(x: Any) -> Any:
    """Return the logistic function 1 / (1 + exp(-x)), in (0, 1)."""
    return _apply(x, "sigmoid")


@_registry.add()
def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent, in (-1, 1)."""
    return _apply(x, "tanh")


@_registry.add()
def relu(x: Any, negative_slope: float = 0.0) -> Any:
    """Return max(0, x), the rectified linear unit; with a `negative_slope`, that times x where x is negative."""
    return leaky_relu(x, negative_slope) if negative_slope else _apply(x, "relu")


@_registry.add()
def softplus(x: Any) -> Any:
    """Return log(1 + exp(x)), a smooth and positive relu."""
    return _apply(x, "softplus")


@_registry.add()
def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(x) scaled to sum 1 along the last axis: the probabilities of classes."""
    rank = len(x.shape) if isinstance(x, Tensor) else np.ndim(x)
    if rank < 1 or axis not in (-1, rank - 1):
        raise ValueError(f"softmax works along the last axis. Received: axis={axis!r} of {rank} axes")
    return _apply(x, "softmax")


@_registry.add()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where x > 0, else alpha (exp(x) - 1); alpha is not negative: Clevert et al., arXiv:1511.07289."""
    if not alpha >= 0:
        raise ValueError(f"`alpha` must not be negative. Received: alpha={alpha}")
    return _apply(x, "elu", (alpha,))


@_registry.add()
def selu(x: Any) -> Any:
    """Return the scaled elu that keeps mean 0 and variance 1: Klambauer et al., arXiv:1706.02515."""
    return _apply(x, "selu")


@_registry.add()
def gelu(x: Any, approximate: bool = False) -> Any:
    """Return x times the normal distribution function of x, or its tanh approximation: arXiv:1606.08415."""
    return _apply(x, "gelu_tanh" if approximate else "gelu")


@_registry.add("swish")
def silu(x: Any) -> Any:
    """Return x sigmoid(x), also called swish: Ramachandran et al., arXiv:1710.05941."""
    return _apply(x, "silu")


swish = silu


@_registry.add()
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Return x where x > 0, else negative_slope x; the slope is not negative."""
    if not negative_slope >= 0:
        raise ValueError(f"`negative_slope` must not be negative. Received: negative_slope={negative_slope}")
    return _apply(x, "leaky_relu", (negative_slope,))


@_registry.add()
def exponential(x: Any) -> Any:
    """Return exp(x)."""
    return _apply(x, "exponential")


@_registry.add()
def softsign(x: Any) -> Any:
    """Return x / (1 + |x|), in (-1, 1)."""
    return _apply(x, "softsign")


@_registry.add()
def hard_sigmoid(x: Any) -> Any:
    """Return (x + 3) / 6 clipped to [0, 1], the sigmoid in three straight pieces, as in Keras 3."""
    return _apply(x, "hard_sigmoid")


def get(identifier: str | dict[str, Any] | Activation | None) -> Activation:
    """Return the activation function of that name or config; None means `linear`, a function is returned as it is.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists those that are known.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str | dict):
        return deserialize(identifier)
    if callable(identifier):
        return identifier
    raise ValueError(f"An activation must be a name, a function or None. Received: {identifier!r}")


def serialize(activation: Activation) -> str | dict[str, Any]:
    """Return the name of an activation function; of one of your own, or of a layer, the config."""
    serialized: str | dict[str, Any] = _registry.serialize(activation)
    return serialized


def is_known(activation: object) -> bool:
    """Return whether it is one of the functions of this module."""
    return activation in _registry


def deserialize(config: str | dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """Return the activation function that `serialize` was given."""
    function: Activation = _registry.deserialize(config, custom_objects)
    return function
