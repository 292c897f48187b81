"""Activation functions, as Keras 3 defines them."""

from typing import Any

from fastmlp.graph import Tensor
from fastmlp.ops import nodes
from fastmlp.ops._broadcasting import combine
from fastmlp.ops._operands import as_tensor, computed
from fastmlp.ops.shapes import moved_last, split


def _apply(x: Any, name: str, *scalars: float) -> Tensor:
    return nodes.activation(as_tensor(x), name, scalars)


def _not_negative(name: str, value: float) -> float:
    if not value >= 0:
        raise ValueError(f"`{name}` must not be negative. Received: {name}={value}")
    return float(value)


def _along(x: Any, name: str, axis: int) -> Tensor:
    """Apply a function of whole rows along any axis but the batch's."""
    return moved_last(as_tensor(x), axis, lambda last: _apply(last, name))


@computed()
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Return max(0, x), the rectified linear unit.

    Parameters
    ----------
    x : tensor or array
        Any shape.
    negative_slope : float
        Where x is below the threshold, this times the distance from it.
    max_value : float, optional
        The largest value; no gradient where x is larger.
    threshold : float
        Where x is not above it, it counts as negative.
    """
    if max_value is None and threshold == 0:
        return leaky_relu(x, negative_slope) if negative_slope else _apply(x, "relu")
    highest = float("inf") if max_value is None else _not_negative("max_value", max_value)
    return _apply(x, "relu_general", _not_negative("negative_slope", negative_slope), highest, threshold)


@computed()
def relu6(x: Any) -> Any:
    """Return min(max(0, x), 6)."""
    return relu(x, max_value=6)


@computed()
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Return x where x > 0, else negative_slope x; the slope is not negative."""
    return _apply(x, "leaky_relu", _not_negative("negative_slope", negative_slope))


@computed()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where x > 0, else alpha (exp(x) - 1); alpha is not negative: Clevert et al., arXiv:1511.07289."""
    return _apply(x, "elu", _not_negative("alpha", alpha))


@computed()
def celu(x: Any, alpha: float = 1.0) -> Any:
    """Return x where x > 0, else alpha (exp(x / alpha) - 1); alpha is positive: Barron, arXiv:1704.07483."""
    if not alpha > 0:
        raise ValueError(f"`alpha` must be positive. Received: alpha={alpha}")
    return _apply(x, "celu", alpha)


@computed()
def selu(x: Any) -> Any:
    """Return the scaled elu that keeps mean 0 and variance 1: Klambauer et al., arXiv:1706.02515."""
    return _apply(x, "selu")


@computed()
def gelu(x: Any, approximate: bool = True) -> Any:
    """Return x times the normal distribution function of x, or its tanh approximation: arXiv:1606.08415."""
    return _apply(x, "gelu_tanh" if approximate else "gelu")


@computed()
def silu(x: Any) -> Any:
    """Return x sigmoid(x), also called swish: Ramachandran et al., arXiv:1710.05941."""
    return _apply(x, "silu")


swish = silu


@computed()
def hard_silu(x: Any) -> Any:
    """Return x hard_sigmoid(x), also called hard swish: Howard et al., arXiv:1905.02244."""
    return _apply(x, "hard_silu")


hard_swish = hard_silu


@computed()
def mish(x: Any) -> Any:
    """Return x tanh(softplus(x)): Misra, arXiv:1908.08681."""
    return _apply(x, "mish")


@computed()
def sigmoid(x: Any) -> Any:
    """Return the logistic function 1 / (1 + exp(-x)), in (0, 1)."""
    return _apply(x, "sigmoid")


@computed()
def log_sigmoid(x: Any) -> Any:
    """Return log(sigmoid(x))."""
    return _apply(x, "log_sigmoid")


@computed()
def hard_sigmoid(x: Any) -> Any:
    """Return (x + 3) / 6 clipped to [0, 1], the sigmoid in three straight pieces."""
    return _apply(x, "hard_sigmoid")


@computed()
def sparse_sigmoid(x: Any) -> Any:
    """Return (x + 1) / 2 clipped to [0, 1]."""
    return _apply(x, "sparse_sigmoid")


@computed()
def tanh(x: Any) -> Any:
    """Return the hyperbolic tangent, in (-1, 1)."""
    return _apply(x, "tanh")


@computed()
def hard_tanh(x: Any) -> Any:
    """Return x clipped to [-1, 1]."""
    return _apply(x, "clip", -1, 1)


@computed()
def tanh_shrink(x: Any) -> Any:
    """Return x - tanh(x)."""
    return _apply(x, "tanh_shrink")


@computed()
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Return x where |x| > threshold, else 0."""
    return _apply(x, "hard_shrink", _not_negative("threshold", threshold))


@computed()
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Return x moved towards 0 by the threshold, and 0 where |x| is not above it."""
    return _apply(x, "soft_shrink", _not_negative("threshold", threshold))


@computed()
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """Return x where it is above the threshold, else the default value."""
    return _apply(x, "threshold", threshold, default_value)


@computed()
def softplus(x: Any) -> Any:
    """Return log(1 + exp(x)), a smooth and positive relu."""
    return _apply(x, "softplus")


@computed()
def sparse_plus(x: Any) -> Any:
    """Return 0 for x <= -1, x for x >= 1, and (x + 1)^2 / 4 between."""
    return _apply(x, "sparse_plus")


@computed()
def squareplus(x: Any, b: float = 4) -> Any:
    """Return (x + sqrt(x^2 + b)) / 2, a smooth relu: Barron, arXiv:2112.11687."""
    return _apply(x, "squareplus", _not_negative("b", b))


@computed()
def softsign(x: Any) -> Any:
    """Return x / (1 + |x|), in (-1, 1)."""
    return _apply(x, "softsign")


@computed()
def step(x: Any) -> Any:
    """Return 1 where x >= 0, else 0: Heaviside's function, the threshold of the first perceptrons. No gradient."""
    return _apply(x, "step")


@computed()
def softmax(x: Any, axis: int = -1) -> Any:
    """Return exp(x) scaled to sum 1 along an axis: the probabilities of classes."""
    return _along(x, "softmax", axis)


@computed()
def log_softmax(x: Any, axis: int = -1) -> Any:
    """Return log(softmax(x)), without its underflow."""
    return _along(x, "log_softmax", axis)


@computed()
def glu(x: Any, axis: int = -1) -> Any:
    """Return the first half of x along an axis times the sigmoid of the second: Dauphin et al., arXiv:1612.08083."""
    x = as_tensor(x)
    size = x.shape[axis]
    if size is None or size % 2:
        raise ValueError(f"glu expects an axis of even size. Received: size {size} of axis {axis}")
    first, second = split(x, 2, axis)
    return combine(first, sigmoid(second), "multiply")
