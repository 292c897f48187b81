"""What an optimizer remembers of an estimator's weights, as plain arrays for a pickle."""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from fastmlp.optimizers import Optimizer
from fastmlp.optimizers._state import State
from fastmlp.variables import Variable

Arrays = list[NDArray[Any]]


class Slots(NamedTuple):
    """What is remembered, and the shapes of the variables of which it is.

    `content` has, of each slot, an array for each variable; or it is the variables, where the optimizer's own code
    remembers what it likes.
    """

    shapes: list[tuple[int, ...]]
    content: dict[str, Arrays] | list[Variable]

    def fit(self, variables: Sequence[Variable]) -> bool:
        """Tell whether `attach` can make an optimizer for these variables."""
        return self.shapes == [variable.shape for variable in variables]


def detached(optimizer: Optimizer, variables: Sequence[Variable]) -> tuple[Optimizer, Slots]:
    """Return an optimizer and what it remembers of some variables, from which `attach` makes one for others."""
    shapes = [variable.shape for variable in variables]
    if optimizer.state.added:
        return optimizer, Slots(shapes, list(variables))
    slots = {name: optimizer.state.slots(name, variables) for name in optimizer.state.names}
    forgetful = copy.copy(optimizer)
    forgetful.state = State()
    arrays = {name: [of[variable].numpy() for variable in variables] for name, of in slots.items()}
    return forgetful, Slots(shapes, arrays)


def attach(optimizer: Optimizer, variables: Sequence[Variable], slots: Slots) -> Optimizer:
    """Return an optimizer that remembers, of variables that fit, what `detached` returned."""
    content = slots.content
    if isinstance(content, list):
        return copy.deepcopy(optimizer, {id(old): new for old, new in zip(content, variables, strict=True)})
    for name, arrays in content.items():
        values = dict(zip(variables, arrays, strict=True))
        optimizer.state.slots(name, variables, lambda _, variable, values=values: values[variable])  # type: ignore[misc]
    return optimizer
