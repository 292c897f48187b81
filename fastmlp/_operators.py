"""What Python's operators do with a Tensor or a Variable: the functions of `fastmlp.ops`, which stands above the graph.

`==` and `!=` compare identities, as tensors and variables are keys; `ops.equal` compares values.
"""

from types import ModuleType
from typing import Any


def _ops() -> ModuleType:
    from fastmlp import ops

    return ops


class Operators:
    """Arithmetic, comparison, indexing and absolute value of tensors and variables."""

    __slots__ = ()
    __array_priority__ = 1000  # so that NumPy leaves `array + tensor` to the tensor

    def __add__(self, other: Any) -> Any:
        return _ops().add(self, other)

    def __radd__(self, other: Any) -> Any:
        return _ops().add(other, self)

    def __sub__(self, other: Any) -> Any:
        return _ops().subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return _ops().subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return _ops().multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return _ops().multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return _ops().divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _ops().divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _ops().floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _ops().floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return _ops().mod(self, other)

    def __rmod__(self, other: Any) -> Any:
        return _ops().mod(other, self)

    def __pow__(self, other: Any) -> Any:
        return _ops().power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return _ops().power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return _ops().matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return _ops().matmul(other, self)

    def __neg__(self) -> Any:
        return _ops().negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return _ops().absolute(self)

    def __lt__(self, other: Any) -> Any:
        return _ops().less(self, other)

    def __le__(self, other: Any) -> Any:
        return _ops().less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return _ops().greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return _ops().greater_equal(self, other)

    def __invert__(self) -> Any:
        return _ops().logical_not(self)

    def __and__(self, other: Any) -> Any:
        return _ops().logical_and(self, other)

    def __or__(self, other: Any) -> Any:
        return _ops().logical_or(self, other)

    def __getitem__(self, key: Any) -> Any:
        return _ops().get_item(self, key)
