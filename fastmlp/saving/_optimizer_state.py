"""What an optimizer remembers, as the arrays that Keras writes: in which order, and under which names in an `.h5` file.

Keras 3 lists the count of steps, the learning rate unless it is a schedule, and the slots. tf_keras (TF 2.11 and later)
leaves the learning rate out. TF up to 2.10 does so too and has all first slots before all second ones.
"""

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from fastmlp.optimizers import Optimizer
from fastmlp.saving.safe import Array, ModelFileError
from fastmlp.variables import Variable

Shape = tuple[int, ...]

# Slots that Keras lists together, variable after variable; every other slot it lists for all variables before the next.
_TOGETHER = (
    ("momentum", "velocity"),
    ("momentum", "norm"),
    ("accumulated_grad", "accumulated_delta_var"),
    ("accumulator", "linear"),
)
# What tf_keras calls the slots of a class.
_TF_NAMES = {
    "SGD": {"velocity": "m"},
    "Lion": {"momentum": "m"},
    **{name: {"momentum": "m", "velocity": "v", "velocity_hat": "vhat"} for name in ("Adam", "AdamW", "Nadam")},
    "Adamax": {"momentum": "m", "norm": "u"},
}


def keras3_arrays(optimizer: Optimizer, variables: Sequence[Variable]) -> list[Array]:
    """Return what Keras 3 lists of an optimizer that trains these variables, also before it has begun to."""
    scalars = [np.array(optimizer.iterations, np.int64)]
    if not _scheduled(optimizer):
        scalars.append(np.array(optimizer.learning_rate, np.float32))
    return [*scalars, *(slot.value for _, _, slot in _entries(_untouched(optimizer), variables))]


def tf_keras_arrays(optimizer: Optimizer, variables: Sequence[Variable]) -> Iterator[tuple[str, Array]]:
    """Return what tf_keras lists, with names."""
    kind = type(optimizer).__name__
    names = _TF_NAMES.get(kind, {})
    yield "iteration:0", np.array(optimizer.iterations, np.int64)
    entries = _entries(_untouched(optimizer), variables)
    for name, variable, slot in entries:
        yield f"{kind}/{names.get(name, name)}/{variable.name}:0", slot.value
    if kind == "SGD" and not entries:  # tf_keras keeps slots for a momentum of 0 too
        for variable in variables:
            yield f"{kind}/m/{variable.name}:0", np.zeros(variable.shape, variable.dtype)


def restore(
    optimizer: Optimizer,
    variables: Sequence[Variable],
    shapes: Sequence[Shape],
    read: Callable[[int], Array],
    names: Sequence[str] | None = None,
) -> None:
    """Take over what a file remembers of an optimizer. Where that does not fit, warn and take nothing, as Keras does.

    Parameters
    ----------
    optimizer : Optimizer
        Of a compiled model.
    variables : sequence of Variable
        The model's trainable variables, in its order.
    shapes : sequence of tuple of int
        Of the arrays in the file.
    read : callable
        Returns the array of that number; called only for those whose shapes are right.
    names : sequence of str, optional
        Of the arrays, where the file has names.
    """
    by_slot = bool(names) and names[0].endswith("/iter:0")
    expected = [slot.shape for _, _, slot in _entries(_untouched(optimizer), variables, by_slot=by_slot)]
    if names:
        scalars = 2 if len(names) > 1 and names[1].endswith("/learning_rate") else 1
    else:
        scalars = 2 if len(shapes) - len(expected) == 2 or len(shapes) == 2 else 1
    found = list(shapes[scalars:])
    if type(optimizer).__name__ == "SGD" and found == [variable.shape for variable in variables] and not expected:
        found = []  # tf_keras keeps slots for a momentum of 0 too
    if not shapes or any(shapes[:scalars]) or found not in (expected, []):
        warnings.warn(
            f"The file's optimizer does not fit '{optimizer.name}' of this model, which begins anew. "
            f"Expected {len(expected)} arrays for each of its slots and weights. Received: {len(found)}",
            stacklevel=2,
        )
        return
    iterations = int(read(0))
    rate = np.float32(read(1)) if scalars == 2 else None
    values = [read(number) for number in range(scalars, scalars + len(found))]
    if iterations < 0:
        raise ModelFileError(f"the optimizer's count of steps must not be negative. Received: {iterations}")
    optimizer.iterations = iterations
    if rate is not None and not _scheduled(optimizer) and rate != np.float32(optimizer.learning_rate):
        optimizer.learning_rate = float(rate)
    if values:
        entries = _entries(optimizer, variables, by_slot=by_slot)
        for (_, _, slot), value in zip(entries, values, strict=True):
            slot.assign(value)


def _entries(
    optimizer: Optimizer, variables: Sequence[Variable], *, by_slot: bool = False
) -> list[tuple[str, Variable, Variable]]:
    """Return the slots as Keras orders them, or TF up to 2.10: the name of each, whose it is, and the slot itself."""
    names = tuple(optimizer.slot_names)
    slots = optimizer.slots(variables) if variables else []
    return [
        (names[j], variable, slots[j][i])
        for group in _groups(names, by_slot=by_slot)
        for i, variable in enumerate(variables)
        for j in group
    ]


def _groups(names: Sequence[str], *, by_slot: bool) -> Iterator[tuple[int, ...]]:
    place = 0
    while place < len(names):
        pair = tuple(names[place : place + 2])
        size = 2 if pair in _TOGETHER and not (by_slot and pair != _TOGETHER[-1]) else 1
        yield tuple(range(place, place + size))
        place += size


def _untouched(optimizer: Optimizer) -> Optimizer:
    """Return a copy that may be asked for slots without the optimizer having them from then on."""
    return copy.copy(optimizer)


def _scheduled(optimizer: Optimizer) -> bool:
    return callable(optimizer.get_config()["learning_rate"])
