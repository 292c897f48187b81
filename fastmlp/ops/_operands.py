"""What the functions take: tensors, variables, arrays and numbers, made into tensors; and how they compute arrays."""

import functools
import inspect
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastmlp import config
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import run
from fastmlp.ops import nodes
from fastmlp.variables import Variable

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

_constants: "weakref.WeakValueDictionary[tuple[object, ...], Variable]" = weakref.WeakValueDictionary()
_constants_lock = threading.Lock()


def is_number(x: object) -> bool:
    """Whether x is a single real number that is no tensor."""
    return isinstance(x, bool | int | float | np.number | np.bool_) or (isinstance(x, np.ndarray) and x.ndim == 0)


def dtype_of(operands: Iterable[Any]) -> str:
    """Return the dtype in which a function of these operands computes: that of the first tensor or variable.

    Without one, float64 if a NumPy array or number among them is, else `floatx()`.
    """
    operands = list(operands)
    for x in operands:
        if isinstance(x, Tensor | Variable):
            return x.dtype
    return "float64" if any(getattr(x, "dtype", None) == np.float64 for x in operands) else config.floatx()


def as_tensor(x: Any, dtype: str | None = None) -> Tensor:
    """Return x as a tensor of that dtype; a tensor stays what it is, all else becomes a fixed one.

    Equal arrays become one variable, so that a function that is traced again finds its plan again.
    """
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Variable):
        return nodes.parameter(x)
    dtype = dtype or dtype_of([x])
    array = as_array(x, dtype)
    if array.size and (array == array.flat[0]).all():
        return nodes.constant(float(array.flat[0]), array.shape, dtype)
    key = (array.shape, dtype, array.tobytes())
    with _constants_lock:
        variable = _constants.get(key)
        if variable is None:
            variable = Variable(array.shape, dtype, lambda shape, dtype: array, "constant", trainable=False)
            _constants[key] = variable
    return nodes.parameter(variable)


def as_tensors(*operands: Any) -> list[Tensor]:
    """Return operands as tensors of one dtype."""
    dtype = dtype_of(operands)
    return [as_tensor(x, dtype) for x in operands]


def as_array(x: Any, dtype: str) -> Array:
    """Return real numbers as a contiguous array of that dtype."""
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"Expected a tensor or an array of real numbers. Received: {x!r}")
    return np.asarray(array, dtype, order="C")


def computed(count: int = 1) -> Callable[[F], F]:
    """Return a decorator for a function whose first `count` arguments are operands, each one or a list of them.

    Where none of them is a Tensor or a Variable, the engine computes the function at once, and arrays come back, in
    the dtype that `dtype_of` says.
    """

    def decorate(function: F) -> F:
        names = tuple(inspect.signature(function).parameters)[:count]

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:  # called for every op of a model whenever it is traced
            named = {name: kwargs[name] for name in names if name in kwargs} if kwargs else kwargs
            leaves = [leaf for operand in (*args[:count], *named.values()) for leaf in _leaves(operand)]
            if not leaves or any(isinstance(leaf, Tensor | Variable) for leaf in leaves):
                return function(*args, **kwargs)
            lifted = _Lifted(dtype_of(leaves))
            given = (*map(lifted.lift, args[:count]), *args[count:])
            return lifted.compute(function(*given, **kwargs | {name: lifted.lift(x) for name, x in named.items()}))

        return wrapper  # type: ignore[return-value]

    return decorate


def _is_several(operand: Any) -> bool:
    """Whether an operand is a list of tensors or arrays; a list of numbers is an array."""
    return isinstance(operand, list | tuple) and any(isinstance(x, Tensor | Variable | np.ndarray) for x in operand)


def _leaves(operand: Any) -> Sequence[Any]:
    if _is_several(operand):
        return operand  # type: ignore[no-any-return]
    return () if operand is None else (operand,)


class _Lifted:
    """Arrays as fixed tensors, each the sum over the batch of an input of which the array is the only row."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.inputs: list[Tensor] = []
        self.arrays: list[Array] = []

    def lift(self, operand: Any) -> Any:
        if _is_several(operand):
            return [self.lift(leaf) for leaf in operand]
        if operand is None or (is_number(operand) and not isinstance(operand, np.ndarray)):
            return operand
        array = as_array(operand, self.dtype)
        self.inputs.append(nodes.placeholder(array.shape, self.dtype, "array"))
        self.arrays.append(array[np.newaxis])
        return nodes.reduce_batch(self.inputs[-1], "sum")

    def compute(self, result: Any) -> Any:
        several = isinstance(result, list | tuple)
        outputs = [as_tensor(x, self.dtype) for x in (result if several else [result])]
        if all(array.size for array in self.arrays):
            values = run(Graph(self.inputs, outputs), self.arrays)
        else:  # the engine has no empty values: what is made of nothing is empty, or a sum of nothing
            values = [np.zeros(tensor.sample_shape, self.dtype) for tensor in outputs]
        return values if several else values[0]
