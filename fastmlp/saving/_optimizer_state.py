"""What an optimizer remembers, as the arrays that Keras writes: in which order, and under which names in an `.h5` file.

Keras 3 lists the count of batches, the learning rate unless it is a schedule, and the slots. tf_keras (TF 2.11 and
later) leaves the learning rate out. TF up to 2.10 does so too and has all first slots before all second ones.
"""

import copy
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from fastmlp.optimizers import Nadam, Optimizer
from fastmlp.saving.safe import Array, ModelFileError
from fastmlp.variables import Variable

Shape = tuple[int, ...]

# What tf_keras calls the slots of a class.
_ADAM = {"momentum": "m", "velocity": "v", "velocity_hat": "vhat"}
_TF_NAMES = {
    "SGD": {"momentum": "m"},
    "Lion": {"momentum": "m"},
    "Adam": _ADAM,
    "AdamW": _ADAM,
    "Nadam": _ADAM,
    "Adamax": {"momentum": "m", "norm": "u"},
}


def keras3_arrays(optimizer: Optimizer, variables: Sequence[Variable]) -> list[Array]:
    """Return what Keras 3 lists of an optimizer that trains these variables, also before it has begun to."""
    arrays: list[Array] = [np.array(optimizer.batches, np.int64)]
    if not optimizer.scheduled:
        arrays.append(np.array(optimizer.learning_rate, np.float32))
    arrays += [slot.value for slot in _slots(copy.copy(optimizer), variables)]
    if isinstance(optimizer, Nadam):
        steps = np.arange(1, optimizer.batches + 1)
        arrays.append(np.prod(optimizer.beta_1 * (1 - 0.96**steps / 2)).astype(np.float32))
    return arrays


def tf_keras_arrays(optimizer: Optimizer, variables: Sequence[Variable]) -> Iterator[tuple[str, Array]]:
    """Return what tf_keras lists, with names."""
    kind = type(optimizer).__name__
    names = _TF_NAMES.get(kind, {})
    entries = list(copy.copy(optimizer).entries(variables))
    yield "iteration:0", np.array(optimizer.batches, np.int64)
    for name, variable, slot in entries:
        yield f"{kind}/{names.get(name, name)}/{variable.name}:0", slot.value
    for added in optimizer.state.added:
        yield f"{added.name}:0", added.value
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
    if optimizer.kind is None and not optimizer.built and len(shapes) > 2:
        optimizer.build(variables)  # the user's formula, which makes variables of its own
    names = names or ()
    by_slot = any(name.endswith("/iter:0") for name in names[:1])
    expected = [slot.shape for slot in _slots(copy.copy(optimizer), variables, by_slot=by_slot)]
    scalars = _count_scalars(optimizer, variables, shapes, expected)
    if scalars is None:
        warnings.warn(
            f"The file's optimizer does not fit '{optimizer.name}' of this model, which begins anew. "
            f"Expected {len(expected)} arrays for its slots. Received: {len(shapes)} arrays in all",
            stacklevel=2,
        )
        return
    values = [read(scalars + number) for number in range(len(expected))] if len(shapes) > scalars else []
    batches = read(0)
    if batches.dtype.kind not in "iu" or batches < 0:
        raise ModelFileError(f"the optimizer's count of batches must be an integer of at least 0. Received: {batches}")
    if scalars == 2 and not optimizer.scheduled and all(name.endswith("/learning_rate") for name in names[1:2]):
        rate = np.float32(read(1))
        if rate != np.float32(optimizer.learning_rate):  # else the config has it with more digits
            optimizer.learning_rate = float(rate)
    optimizer.batches = int(batches)
    if values:
        for slot, value in zip(_slots(optimizer, variables, by_slot=by_slot), values, strict=True):
            slot.assign(value)


def _slots(optimizer: Optimizer, variables: Sequence[Variable], *, by_slot: bool = False) -> list[Variable]:
    """Return what is remembered of variables, as Keras 3 orders it, or as TF up to 2.10 did."""
    entries = list(optimizer.entries(variables))
    if by_slot and type(optimizer).__name__ != "Ftrl":
        entries.sort(key=lambda entry: optimizer.slot_names.index(entry[0]))
    return [*(slot for _, _, slot in entries), *optimizer.state.added]


def _count_scalars(
    optimizer: Optimizer, variables: Sequence[Variable], shapes: Sequence[Shape], expected: list[Shape]
) -> int | None:
    """Return how many numbers stand before the slots in a file: 1 or 2, or None if it does not fit the optimizer."""
    fitting = [expected, []]  # no slots: saved before it began
    if isinstance(optimizer, Nadam):
        fitting.append([*expected, ()])  # Keras 3 keeps a product besides
    if type(optimizer).__name__ == "SGD" and not expected:
        fitting.append([variable.shape for variable in variables])  # as tf_keras does with a momentum of 0
    for scalars in (2, 1):
        if len(shapes) >= scalars and not any(shapes[:scalars]) and list(shapes[scalars:]) in fitting:
            return scalars
    return None
