"""What an optimizer remembers of an estimator's weights, as plain arrays for a pickle."""

import copy
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from fastmlp.optimizers import Optimizer
from fastmlp.optimizers._state import State
from fastmlp.variables import Variable

# Of each slot an array for each variable; or the variables, where the optimizer's own code remembers what it likes.
Slots = dict[str, list[NDArray[Any]]] | list[Variable]


def detached(optimizer: Optimizer, variables: Sequence[Variable]) -> tuple[Optimizer, Slots]:
    """Return an optimizer and what it remembers of some variables, from which `attach` makes one for others."""
    if optimizer.state.added:
        return optimizer, list(variables)
    slots = {name: optimizer.state.slots(name, variables) for name in optimizer.state.names}
    forgetful = copy.copy(optimizer)
    forgetful.state = State()
    return forgetful, {name: [of[variable].numpy() for variable in variables] for name, of in slots.items()}


def attach(optimizer: Optimizer, variables: Sequence[Variable], slots: Slots) -> Optimizer:
    """Return an optimizer that remembers, of these variables, what `detached` returned."""
    if isinstance(slots, list):
        return copy.deepcopy(optimizer, {id(old): new for old, new in zip(slots, variables, strict=True)})
    for name, arrays in slots.items():
        values = dict(zip(variables, arrays, strict=True))
        optimizer.state.slots(name, variables, lambda _, variable, values=values: values[variable])  # type: ignore[misc]
    return optimizer
