"""The numbers of an optimizer that look like Keras' variables: its learning rate and its count of steps."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class HasNumbers(Protocol):
    """An optimizer, as far as these numbers know it."""

    name: str

    @property
    def learning_rate(self) -> Any:
        """The rate of the next step."""

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None: ...

    @property
    def batches(self) -> int:
        """Batches seen so far."""

    @batches.setter
    def batches(self, value: int) -> None: ...


class Rate(float):
    """A learning rate as it was when asked for; `assign` changes the optimizer's, `numpy` returns that of now."""

    shape = ()
    dtype = "float32"

    def __new__(cls, value: float, optimizer: HasNumbers) -> "Rate":
        self = super().__new__(cls, value)
        self._optimizer = optimizer
        return self

    _optimizer: HasNumbers

    @property
    def name(self) -> str:
        """Keras' name of the variable."""
        return "learning_rate"

    @property
    def path(self) -> str:
        """The name with the optimizer's in front."""
        return f"{self._optimizer.name}/learning_rate"

    def numpy(self) -> NDArray[np.float32]:
        """Return the optimizer's present rate, in the precision in which files keep it."""
        return np.array(float(self._optimizer.learning_rate), np.float32)

    def assign(self, value: Any) -> None:
        """Change the optimizer's rate."""
        self._optimizer.learning_rate = float(value)

    def __reduce__(self) -> tuple[type[float], tuple[float]]:
        return float, (float(self),)


class Count(int):
    """A number of steps as it was when asked for; `assign` changes the optimizer's, `numpy` returns that of now."""

    shape = ()
    dtype = "int64"

    def __new__(cls, value: int, optimizer: HasNumbers) -> "Count":
        self = super().__new__(cls, value)
        self._optimizer = optimizer
        return self

    _optimizer: HasNumbers

    @property
    def name(self) -> str:
        """Keras' name of the variable."""
        return "iteration"

    @property
    def path(self) -> str:
        """The name with the optimizer's in front."""
        return f"{self._optimizer.name}/iteration"

    def numpy(self) -> NDArray[np.int64]:
        """Return how many batches the optimizer has seen."""
        return np.array(self._optimizer.batches, np.int64)

    def assign(self, value: Any) -> None:
        """Change how many batches the optimizer has seen."""
        self._optimizer.batches = int(value)

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        return int, (int(self),)
