"""Functions of two operands, element by element: arithmetic, comparisons, logic, choices.

Shapes broadcast as in NumPy. The batch axis of a tensor is of unknown size: it goes with the batch axis of another
tensor, with an axis of size 1, or with none. What is true is 1 and what is false 0, in the dtype of the operands; any
number but 0 counts as true.
"""

from typing import Any

import numpy as np

from fastmlp.graph import Tensor
from fastmlp.ops import nodes
from fastmlp.ops._broadcasting import combine
from fastmlp.ops._operands import as_tensor, as_tensors, computed, dtype_of, is_number
from fastmlp.ops.elementwise import absolute, exp, floor, log1p, reciprocal, sqrt, square
from fastmlp.variables import Variable


def _affine(x: Any, slope: float, shift: float) -> Tensor:
    return nodes.activation(as_tensor(x), "affine", (slope, shift))


@computed(2)
def add(x1: Any, x2: Any) -> Any:
    """Return x1 + x2."""
    if _is_product_and_bias(x1, x2):
        return nodes.dense(x1.inputs[0], x1.variables[0], x2)
    if is_number(x2):
        return _affine(x1, 1, float(x2))
    return _affine(x2, 1, float(x1)) if is_number(x1) else combine(x1, x2, "add")


def _is_product_and_bias(x: Any, b: Any) -> bool:
    """Whether the engine does x + b in one op: x is a product with a kernel, of no layer, and b one for its columns."""
    product = isinstance(x, Tensor) and x.op == "dense" and len(x.variables) == 1 and x.node is None and not x.losses
    return product and isinstance(b, Variable) and b.shape == x.shape[-1:]


@computed(2)
def subtract(x1: Any, x2: Any) -> Any:
    """Return x1 - x2."""
    if is_number(x2):
        return _affine(x1, 1, -float(x2))
    return _affine(x2, -1, float(x1)) if is_number(x1) else combine(x1, x2, "subtract")


@computed(2)
def multiply(x1: Any, x2: Any) -> Any:
    """Return x1 x2, element by element."""
    if is_number(x2):
        return _affine(x1, float(x2), 0)
    return _affine(x2, float(x1), 0) if is_number(x1) else combine(x1, x2, "multiply")


@computed(2)
def divide(x1: Any, x2: Any) -> Any:
    """Return x1 / x2."""
    return reciprocal(x2) if is_number(x1) and x1 == 1 else combine(x1, x2, "divide")


true_divide = divide


@computed(2)
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """Return x1 / x2, and 0 where x2 is 0."""
    x, y = as_tensors(x1, x2)
    zero = combine(y, 0, "equal")
    return combine(combine(zero, 0, "equal"), combine(x, combine(y, zero, "add"), "divide"), "mask")


@computed(2)
def floor_divide(x1: Any, x2: Any) -> Any:
    """Return the greatest integer that is not above x1 / x2; no gradient."""
    return floor(divide(x1, x2))


@computed(2)
def mod(x1: Any, x2: Any) -> Any:
    """Return what x1 is above the greatest multiple of x2 that is not above it; it has the sign of x2."""
    x, y = as_tensors(x1, x2)
    return subtract(x, multiply(floor(divide(x, y)), y))


@computed(2)
def power(x1: Any, x2: Any) -> Any:
    """Return x1 to the power of x2; a negative x1 takes integral powers only. The gradient to x2 is 0 where x1 <= 0."""
    if is_number(x2) and x2 == 2:
        return square(x1)
    return sqrt(x1) if is_number(x2) and x2 == 0.5 else combine(x1, x2, "power")


@computed(2)
def maximum(x1: Any, x2: Any) -> Any:
    """Return the greater of both; where they are equal, the gradient goes to x1, as in TensorFlow."""
    return combine(x1, x2, "maximum")


@computed(2)
def minimum(x1: Any, x2: Any) -> Any:
    """Return the lesser of both; where they are equal, the gradient goes to x1, as in TensorFlow."""
    return combine(x1, x2, "minimum")


@computed(3)
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """Return x, and the limits where it lies outside; there x gets no gradient."""
    if is_number(x_min) and is_number(x_max):
        return nodes.activation(as_tensor(x), "clip", (float(x_min), float(x_max)))
    return minimum(maximum(x, x_min), x_max)


@computed(2)
def squared_difference(x1: Any, x2: Any) -> Any:
    """Return (x1 - x2)^2."""
    return square(subtract(x1, x2))


@computed(2)
def logaddexp(x1: Any, x2: Any) -> Any:
    """Return log(exp(x1) + exp(x2))."""
    x, y = as_tensors(x1, x2)
    return add(maximum(x, y), log1p(exp(multiply(absolute(subtract(x, y)), -1))))


@computed(2)
def equal(x1: Any, x2: Any) -> Any:
    """Return where x1 == x2."""
    return combine(x1, x2, "equal")


@computed(2)
def not_equal(x1: Any, x2: Any) -> Any:
    """Return where x1 != x2."""
    return combine(x1, x2, "not_equal")


@computed(2)
def greater(x1: Any, x2: Any) -> Any:
    """Return where x1 > x2."""
    return combine(x1, x2, "greater")


@computed(2)
def greater_equal(x1: Any, x2: Any) -> Any:
    """Return where x1 >= x2."""
    return combine(x1, x2, "greater_equal")


@computed(2)
def less(x1: Any, x2: Any) -> Any:
    """Return where x1 < x2."""
    return combine(x1, x2, "less")


@computed(2)
def less_equal(x1: Any, x2: Any) -> Any:
    """Return where x1 <= x2."""
    return combine(x1, x2, "less_equal")


@computed(1)
def logical_not(x: Any) -> Any:
    """Return where x is false."""
    return combine(x, 0, "equal")


@computed(2)
def logical_and(x1: Any, x2: Any) -> Any:
    """Return where both are true."""
    x, y = as_tensors(x1, x2)
    return combine(x, combine(y, 0, "not_equal"), "mask")


@computed(2)
def logical_or(x1: Any, x2: Any) -> Any:
    """Return where one or both are true."""
    x, y = (combine(operand, 0, "not_equal") for operand in as_tensors(x1, x2))
    return combine(x, y, "maximum")


@computed(2)
def logical_xor(x1: Any, x2: Any) -> Any:
    """Return where exactly one is true."""
    x, y = (combine(operand, 0, "not_equal") for operand in as_tensors(x1, x2))
    return combine(x, y, "not_equal")


@computed(3)
def where(condition: Any, x1: Any, x2: Any) -> Any:
    """Return x1 where the condition is true, else x2; what is not chosen has no effect, even if it is NaN."""
    dtype = dtype_of([condition, x1, x2])
    chosen, x, y = (as_tensor(operand, dtype) for operand in (condition, x1, x2))
    return combine(combine(chosen, x, "mask"), combine(combine(chosen, 0, "equal"), y, "mask"), "add")


@computed(1)
def isnan(x: Any) -> Any:
    """Return where x is NaN."""
    x = as_tensor(x)
    return combine(x, x, "not_equal")


@computed(1)
def isfinite(x: Any) -> Any:
    """Return where x is neither NaN nor infinite."""
    return combine(absolute(x), float("inf"), "less")


@computed(1)
def isinf(x: Any) -> Any:
    """Return where x is infinite."""
    return combine(absolute(x), float("inf"), "equal")


@computed(2)
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8) -> Any:
    """Return where |x1 - x2| <= atol + rtol |x2|."""
    x, y = as_tensors(x1, x2)
    return less_equal(absolute(subtract(x, y)), add(multiply(absolute(y), rtol), atol))


@computed(1)
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Return x with other numbers in place of NaN and the infinities, by default 0 and the largest there are."""
    x = as_tensor(x)
    largest = float(np.finfo(x.dtype).max)
    limits = (-largest if neginf is None else neginf, largest if posinf is None else posinf)
    x = where(equal(x, float("-inf")), limits[0], where(equal(x, float("inf")), limits[1], x))
    return where(isnan(x), nan, x)
