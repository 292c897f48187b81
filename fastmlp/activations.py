"""Activation functions: of Tensors in a model, and of arrays, to look at them or plot them.

Both ways the engine computes. A function is also known by its name, `Dense(30, activation="relu")`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fastmlp import ops
from fastmlp._registry import Functions
from fastmlp.ops import (
    celu,
    elu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    sign,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    squareplus,
    step,
    tanh,
    tanh_shrink,
    threshold,
)

Activation = Callable[..., Any]

_registry = Functions("activation")


@_registry.add()
def linear(x: Any) -> Any:
    """Return x unchanged."""
    return x


@_registry.add()
def exponential(x: Any) -> Any:
    """Return exp(x)."""
    return ops.exp(x)


@_registry.add()
def gelu(x: Any, approximate: bool = False) -> Any:
    """Return x times the normal distribution function of x, or its tanh approximation: arXiv:1606.08415."""
    return ops.gelu(x, approximate)


heaviside = _registry.add("heaviside")(step)
swish = _registry.add("swish")(silu)
hard_swish = _registry.add("hard_swish")(hard_silu)
for _function in (
    celu, elu, glu, hard_shrink, hard_sigmoid, hard_tanh, leaky_relu, log_sigmoid, log_softmax, mish, relu, relu6, selu,
    sigmoid, sign, soft_shrink, softmax, softplus, softsign, sparse_plus, sparse_sigmoid, squareplus, tanh, tanh_shrink,
    threshold,
):  # fmt: skip
    _registry.add()(_function)


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


def names() -> frozenset[str]:
    """Return the names of the functions of this module."""
    return _registry.names


def is_known(activation: object) -> bool:
    """Return whether it is one of the functions of this module."""
    return activation in _registry


def deserialize(config: str | dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """Return the activation function that `serialize` was given."""
    function: Activation = _registry.deserialize(config, custom_objects)
    return function
