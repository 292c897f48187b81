"""The base class of optimizers, and how they are found by name."""

import inspect
import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._lookup import lookup
from fastmlp._registry import Configured, Registry
from fastmlp.variables import Variable, allocate

LearningRate = float | Callable[[int], float]


class Optimizer(Configured):
    """A learning rate, the count of steps done, and the slots: arrays laid out like the weights, one set a weight.

    Parameters
    ----------
    learning_rate : float or callable
        The rate of every step, or a schedule: a function that returns the rate of step 0, 1, 2, ...
    name : str
        Name of the optimizer.
    **kwargs
        Only `lr`, the old name of `learning_rate`.

    Attributes
    ----------
    iterations : int
        Steps done so far.
    """

    def __init__(self, learning_rate: LearningRate, name: str, **kwargs: Any) -> None:
        self.learning_rate = kwargs.pop("lr", learning_rate)
        if kwargs:
            known = [key for key in inspect.signature(type(self)).parameters if key != "kwargs"]
            raise TypeError(f"{name} expects keywords among {[*known, 'lr']}. Received: {sorted(kwargs)}")
        self.name = name
        self.iterations = 0
        self._slots: dict[Variable, tuple[Variable, ...]] = {}

    @property
    def kind(self) -> str:
        """The engine's name of the step."""
        raise NotImplementedError(f"Optimizer {type(self).__name__} must have a `kind`.")

    @property
    def hyper(self) -> tuple[float, ...]:
        """The engine's constants of the step, without the learning rate."""
        return ()

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The slots that the step needs."""
        return ()

    @property
    def learning_rate(self) -> float:
        """The rate of the next step; assign a number or a schedule at any time, also from a callback."""
        return float(self._rate(self.iterations) if callable(self._rate) else self._rate)

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        if callable(value):
            self._rate: LearningRate = value
            return
        if not (isinstance(value, Real) and 0 <= value < math.inf):
            raise ValueError(f"`learning_rate` must be a number of at least 0 or a schedule. Received: {value!r}")
        self._rate = float(value)

    @property
    def lr(self) -> float:
        """The old name of `learning_rate`."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: LearningRate) -> None:
        self.learning_rate = value

    def learning_rates(self, steps: int) -> NDArray[np.float64]:
        """Return the rates of the next `steps` steps, shape (steps,)."""
        rate = self._rate
        if not callable(rate):
            return np.full(steps, rate)
        rates = np.array([rate(step) for step in range(self.iterations, self.iterations + steps)], np.float64)
        possible = np.isfinite(rates) & (rates >= 0)
        if not possible.all():
            wrong = int(possible.argmin())
            raise ValueError(
                "A schedule must return finite numbers of at least 0. "
                f"Received: {rates[wrong]} for step {self.iterations + wrong}"
            )
        return rates

    def slots(self, variables: Sequence[Variable]) -> list[list[Variable]]:
        """Return the slots of some variables: the first slot of each, then the second slot of each, ...

        They are zero when first asked for, and then belong to these variables.

        Raises
        ------
        ValueError
            If a variable is none of those: `iterations` and the slots tell of the steps of one model.
        """
        if not self.slot_names:
            self._slots = {}
            return []
        if not self._slots:
            self._slots = {variable: self._new_slots(variable) for variable in variables}
            for slot in zip(*self._slots.values(), strict=True):
                allocate(slot)
        for variable in variables:
            if variable not in self._slots:
                raise ValueError(
                    "A model needs an optimizer of its own. "
                    f"Received: '{self.name}', which has trained others, with '{variable.name}'"
                )
        return [[self._slots[variable][j] for variable in variables] for j in range(len(self.slot_names))]

    def _new_slots(self, variable: Variable) -> tuple[Variable, ...]:
        return tuple(
            Variable(variable.shape, variable.dtype, name=f"{variable.name}/{slot}", trainable=False)
            for slot in self.slot_names
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"learning_rate": self._rate, "name": self.name}


registry: Registry[Optimizer] = Registry("optimizer")


def get(identifier: object) -> Optimizer:
    """Return an optimizer.

    Parameters
    ----------
    identifier : str, class, dict or Optimizer
        A name ("sgd", "Adam"), a class, or what `serialize` returned.

    Raises
    ------
    ValueError
        If it is none of these; an unknown name is answered with the known ones.
    """
    return lookup(registry, Optimizer, identifier.lower() if isinstance(identifier, str) else identifier)


serialize = registry.serialize
deserialize = registry.deserialize
