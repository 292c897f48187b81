"""Keras' `backend` names: defaults of the process, and the functions that older code calls as `K.mean`, `K.square`, ...

The functions are those of `fastmlp.ops`.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp.config import epsilon, floatx, set_epsilon, set_floatx
from fastmlp.ops import (
    abs,
    all,
    any,
    argmax,
    argmin,
    cast,
    clip,
    concatenate,
    cos,
    cumsum,
    dot,
    elu,
    equal,
    exp,
    expand_dims,
    greater,
    greater_equal,
    hard_sigmoid,
    l2_normalize,
    less,
    less_equal,
    log,
    logsumexp,
    max,
    maximum,
    mean,
    min,
    minimum,
    ndim,
    not_equal,
    one_hot,
    ones,
    ones_like,
    prod,
    relu,
    reshape,
    round,
    shape,
    sigmoid,
    sign,
    sin,
    softmax,
    softplus,
    softsign,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    stop_gradient,
    sum,
    tanh,
    tile,
    transpose,
    var,
    zeros,
    zeros_like,
)
from fastmlp.ops import power as pow
from fastmlp.ops import shape as int_shape
from fastmlp.ops import where as switch
from fastmlp.utils.state import clear_session
from fastmlp.variables import Variable

__all__ = [
    "abs",
    "all",
    "any",
    "argmax",
    "argmin",
    "backend",
    "batch_flatten",
    "cast",
    "cast_to_floatx",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "cos",
    "cumsum",
    "dot",
    "elu",
    "epsilon",
    "equal",
    "exp",
    "expand_dims",
    "floatx",
    "get_value",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "int_shape",
    "l2_normalize",
    "less",
    "less_equal",
    "log",
    "logsumexp",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "ndim",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "pow",
    "prod",
    "relu",
    "reshape",
    "round",
    "set_epsilon",
    "set_floatx",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "tanh",
    "tile",
    "transpose",
    "var",
    "zeros",
    "zeros_like",
]


def backend() -> str:
    """Return the name of what computes."""
    return "fastmlp"


def constant(value: ArrayLike, dtype: str | None = None, shape: tuple[int, ...] | None = None) -> NDArray[Any]:
    """Return an array, by default of `floatx()`; with a shape, filled with the value."""
    array = np.asarray(value, dtype or floatx())
    return array if shape is None else np.broadcast_to(array, shape).copy()


def cast_to_floatx(x: ArrayLike) -> NDArray[Any]:
    """Return an array of `floatx()`."""
    return np.asarray(x, floatx())


def batch_flatten(x: Any) -> Any:
    """Return each sample as a vector."""
    return reshape(x, (-1, int(np.prod([size for size in shape(x)[1:] if size is not None]))))


def get_value(x: Any) -> NDArray[Any]:
    """Return the value of a variable, or of a tensor where it has one."""
    return np.array(x)


def set_value(x: Variable, value: ArrayLike) -> None:
    """Give a variable another value."""
    x.assign(value)
