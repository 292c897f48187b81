"""What an optimizer remembers of an estimator's weights, as plain arrays for a pickle."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from fastmlp.optimizers import Optimizer
from fastmlp.optimizers._state import State
from fastmlp.variables import Variable

Slots = dict[str, list[NDArray[Any]]]


def detached(optimizer: Optimizer, variables: Sequence[Variable]) -> tuple[Optimizer, Slots]:
    """Return a copy of an optimizer that remembers nothing, and what it remembers of some variables, by name."""
    slots = {name: optimizer.state.slots(name, variables) for name in optimizer.state.names}
    forgetful = copy.copy(optimizer)
    forgetful.state = State()
    return forgetful, {name: [of[variable].numpy() for variable in variables] for name, of in slots.items()}


def attach(optimizer: Optimizer, variables: Sequence[Variable], slots: Mapping[str, Sequence[NDArray[Any]]]) -> None:
    """Let an optimizer remember, of these variables, what `detached` returned."""
    for name, arrays in slots.items():
        values = dict(zip(variables, arrays, strict=True))
        optimizer.state.slots(name, variables, lambda _, variable, values=values: values[variable])  # type: ignore[misc]
