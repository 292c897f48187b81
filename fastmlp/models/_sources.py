"""Where batches may come from besides arrays: generators, iterable datasets, and PyDataset."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from fastmlp import random
from fastmlp.models._samples import is_sparse
from fastmlp.utils.py_dataset import PyDataset, batches


def is_source(x: object) -> bool:
    """Tell whether something gives batches, one after the other, instead of being data itself."""
    if isinstance(x, list | tuple | dict | str) or hasattr(x, "__array__") or is_sparse(x):
        return False
    return isinstance(x, PyDataset) or hasattr(x, "__iter__") or hasattr(x, "__next__")


def refuse_targets(y: object, sample_weight: object) -> None:
    """Raise a ValueError if targets or weights are given beside a source, which brings its own."""
    for argument, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ValueError(
                f"`{argument}` must be part of the batches where `x` is a generator or a dataset. "
                f"Received: {argument} of type {type(value).__name__}"
            )


class Source:
    """Batches of a generator or a dataset, pass after pass.

    Parameters
    ----------
    given : object
        What the user passed as `x`.
    shuffle : bool
        Whether a PyDataset gives its batches in a new random order in each pass; others have an order of their own.
    """

    def __init__(self, given: Any, shuffle: bool) -> None:
        self._given = given
        self._shuffle = shuffle

    @property
    def batches(self) -> int | None:
        """How many batches a pass has, if that is known."""
        if isinstance(self._given, PyDataset):
            return self._given.num_batches
        try:
            return len(self._given)
        except TypeError:  # generators, and datasets without end
            return None

    def __iter__(self) -> Iterator[Any]:
        if not isinstance(self._given, PyDataset):
            return iter(self._given)
        number = self.batches
        indices: Iterable[int]
        if number is None:
            indices = itertools.count()
        else:
            indices = random.permutation(number).tolist() if self._shuffle else range(number)
        return batches(self._given, indices)

    def call(self, hook: str) -> None:
        """Call `on_epoch_begin` or `on_epoch_end` of a PyDataset."""
        if isinstance(self._given, PyDataset):
            getattr(self._given, hook)()

    def close(self, begun: Iterator[Any] | None) -> None:
        """Let the workers of a pass over a PyDataset go home."""
        if isinstance(self._given, PyDataset) and begun is not None:
            begun.close()  # type: ignore[attr-defined]  # a generator
