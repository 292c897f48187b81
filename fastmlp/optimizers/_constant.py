"""A number among an optimizer's settings."""

from collections.abc import Callable
from numbers import Real
from typing import TYPE_CHECKING, Any


class Constant:
    """An attribute that holds a float and is checked whenever it is set.

    Parameters
    ----------
    expected : str
        What the number must be, for messages: "a positive number".
    fits : callable
        Whether a number is so.
    """

    def __init__(self, expected: str, fits: Callable[[float], bool]) -> None:
        self._expected = expected
        self._fits = fits

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    if TYPE_CHECKING:  # as it is, Python looks into the object by itself, and sooner

        def __get__(self, instance: object, owner: type) -> Any:
            """Return the number."""

    def __set__(self, instance: object, value: float) -> None:
        if not (isinstance(value, Real) and self._fits(value)):
            raise ValueError(f"`{self._name}` must be {self._expected}. Received: {self._name}={value!r}")
        vars(instance)[self._name] = float(value)
