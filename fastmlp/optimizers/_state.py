"""What an optimizer remembers of the variables that it trains."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import config, initializers
from fastmlp._engine import Plan
from fastmlp.lowering import Lowered
from fastmlp.variables import Variable, allocate


class State:
    """Slots by name and variable; each name has an arena of its own.

    Attributes
    ----------
    variables : list of Variable
        The first ones that were to be trained.
    added : list of Variable
        Those that an optimizer of the user's made for itself.
    """

    def __init__(self) -> None:
        self._slots: dict[str, Mapping[Variable, Variable]] = {}
        self._lowered: tuple[tuple[object, ...], Lowered] | None = None
        self.variables: list[Variable] = []
        self.added: list[Variable] = []

    def slots(
        self,
        name: str,
        variables: Sequence[Variable],
        first: Callable[[str, Variable], ArrayLike] = lambda name, variable: 0.0,
    ) -> Mapping[Variable, Variable]:
        """Return the slots of a name.

        They are made for the variables that are asked for first, and later for such as are not trainable.
        """
        found = self._slots.get(name, {})
        missing = [variable for variable in variables if variable not in found and not (found and variable.trainable)]
        if missing:
            made = {variable: _like(variable, name, first(name, variable)) for variable in missing}
            allocate(made.values())
            found = {**found, **made}
            self._slots = {**self._slots, name: found}
        return found

    def keep(self, names: Collection[str]) -> None:
        """Drop slots of all names but these."""
        if not all(map(names.__contains__, self._slots)):
            self._slots = {name: slots for name, slots in self._slots.items() if name in names}

    @property
    def names(self) -> list[str]:
        """Of all slots."""
        return list(self._slots)

    def add(self, shape: Sequence[int], initializer: Any, dtype: str | None, name: str) -> Variable:
        """Make a variable that is none of the slots."""
        dtype = config.standardize_dtype(dtype)
        variable = Variable(shape, dtype, initializers.get(initializer), name, trainable=False)
        self.added.append(variable)
        return variable

    def lowered(self, variables: Sequence[Variable]) -> Lowered:
        """Return a plan that does nothing but step these variables."""
        key = (*variables, *(variable.limit for variable in variables))
        if self._lowered is None or self._lowered[0] != key:
            plan = Plan(variables[0].dtype)
            for variable in variables:
                parameter = plan.parameter(*variable.matrix, True)
                if variable.limit is not None:
                    plan.constraint(parameter, *variable.limit)
            plan.finish(1)
            self._lowered = (key, Lowered(plan, tuple(variables)))
        return self._lowered[1]

    def __copy__(self) -> "State":
        """Return one that shares the slots there are, and makes others for itself."""
        other = State()
        other._slots, other.variables, other.added = self._slots, list(self.variables), list(self.added)
        return other

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_lowered": None}


def _like(variable: Variable, name: str, first: ArrayLike) -> Variable:
    slot = Variable(variable.shape, variable.dtype, name=f"{variable.name.replace('/', '_')}_{name}", trainable=False)
    slot.assign(np.broadcast_to(np.asarray(first, slot.dtype), slot.shape))
    return slot
