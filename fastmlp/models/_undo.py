"""Undo: an attempt that fails leaves a model as it was."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from fastmlp import random
from fastmlp.layers.layer import Layer


@contextmanager
def undone_on_error(layer: Layer) -> Iterator[None]:
    """Put a layer, the layers inside it and the random generator back to where they were if the block raises.

    Attributes are bound again to what they were bound to, lists and dicts get their old entries; the values of
    variables are not kept.
    """
    states = [(each, {name: _kept(value) for name, value in vars(each).items()}) for each in layer._with_sublayers()]
    bits = random.generator().bit_generator
    drawn = bits.state
    try:
        yield
    except BaseException:
        for each, state in states:
            vars(each).clear()
            vars(each).update(state)
        bits.state = drawn
        raise


def _kept(value: object) -> object:
    return copy.copy(value) if isinstance(value, list | dict) else value
