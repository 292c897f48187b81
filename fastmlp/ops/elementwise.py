"""Functions of one operand, element by element."""

import math
from typing import Any

from fastmlp.graph import Tensor
from fastmlp.ops import nodes
from fastmlp.ops._operands import as_tensor, computed

_LOG_2, _LOG_10 = math.log(2), math.log(10)


def _apply(x: Any, name: str, *scalars: float) -> Tensor:
    return nodes.activation(as_tensor(x), name, scalars)


@computed()
def negative(x: Any) -> Any:
    """Return -x."""
    return _apply(x, "affine", -1, 0)


@computed()
def absolute(x: Any) -> Any:
    """Return |x|; the gradient at 0 is 0."""
    return _apply(x, "absolute")


abs = absolute


@computed()
def sign(x: Any) -> Any:
    """Return -1, 0 or 1, the sign of x; no gradient."""
    return _apply(x, "sign")


@computed()
def square(x: Any) -> Any:
    """Return x^2."""
    return _apply(x, "square")


@computed()
def sqrt(x: Any) -> Any:
    """Return the square root of x; the gradient at 0 is infinite."""
    return _apply(x, "sqrt")


@computed()
def rsqrt(x: Any) -> Any:
    """Return 1 / sqrt(x)."""
    return _apply(x, "rsqrt")


@computed()
def reciprocal(x: Any) -> Any:
    """Return 1 / x."""
    return _apply(x, "reciprocal")


@computed()
def exp(x: Any) -> Any:
    """Return e to the power of x."""
    return _apply(x, "exponential")


@computed()
def expm1(x: Any) -> Any:
    """Return exp(x) - 1, exact near 0."""
    return _apply(x, "expm1")


@computed()
def exp2(x: Any) -> Any:
    """Return 2 to the power of x."""
    return exp(_apply(x, "affine", _LOG_2, 0))


@computed()
def log(x: Any) -> Any:
    """Return the natural logarithm of x."""
    return _apply(x, "log")


@computed()
def log1p(x: Any) -> Any:
    """Return log(1 + x), exact near 0."""
    return _apply(x, "log1p")


@computed()
def log2(x: Any) -> Any:
    """Return the logarithm of x to the base 2."""
    return _apply(log(x), "affine", 1 / _LOG_2, 0)


@computed()
def log10(x: Any) -> Any:
    """Return the logarithm of x to the base 10."""
    return _apply(log(x), "affine", 1 / _LOG_10, 0)


@computed()
def sin(x: Any) -> Any:
    """Return the sine of x; beyond about 1e4 in float32, 1e9 in float64, it loses digits."""
    return _apply(x, "sin")


@computed()
def cos(x: Any) -> Any:
    """Return the cosine of x; see `sin`."""
    return _apply(x, "cos")


@computed()
def tan(x: Any) -> Any:
    """Return the tangent of x; see `sin`."""
    x = as_tensor(x)
    return nodes.binary(sin(x), cos(x), "divide", x.shape)


@computed()
def sinh(x: Any) -> Any:
    """Return (exp(x) - exp(-x)) / 2."""
    x = as_tensor(x)
    return _apply(nodes.binary(expm1(x), expm1(negative(x)), "subtract", x.shape), "affine", 0.5, 0)


@computed()
def cosh(x: Any) -> Any:
    """Return (exp(x) + exp(-x)) / 2."""
    x = as_tensor(x)
    return _apply(nodes.binary(exp(x), exp(negative(x)), "add", x.shape), "affine", 0.5, 0)


@computed()
def erf(x: Any) -> Any:
    """Return the error function of x."""
    return _apply(x, "erf")


@computed()
def floor(x: Any) -> Any:
    """Return the greatest integer that is not above x; no gradient."""
    return _apply(x, "floor")


@computed()
def ceil(x: Any) -> Any:
    """Return the least integer that is not below x; no gradient."""
    return _apply(x, "ceil")


@computed()
def round(x: Any, decimals: int = 0) -> Any:
    """Return x rounded to so many digits behind the point, halves to the even digit; no gradient."""
    if decimals == 0:
        return _apply(x, "round")
    scale = 10.0**decimals
    return _apply(_apply(_apply(x, "affine", scale, 0), "round"), "affine", 1 / scale, 0)


@computed()
def trunc(x: Any) -> Any:
    """Return x without what is behind the point; no gradient."""
    x = as_tensor(x)
    return nodes.binary(sign(x), floor(absolute(x)), "multiply", x.shape)
