"""Where batches may come from besides arrays: generators, iterable datasets, and PyDataset."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from fastmlp import random
from fastmlp.models._data.samples import is_sparse
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

    Attributes
    ----------
    order_seed : int
        Of the order of the present pass, if it is shuffled.
    """

    def __init__(self, given: Any, shuffle: bool) -> None:
        self._given = given
        self._shuffle = shuffle
        self.order_seed = 0

    @property
    def batches(self) -> int | None:
        """How many batches a pass has, if that is known."""
        if isinstance(self._given, PyDataset):
            return self._given.num_batches
        try:
            return len(self._given)
        except TypeError:  # generators, and datasets without end
            return None

    @property
    def by_index(self) -> bool:
        """Whether a pass can begin at any batch."""
        return isinstance(self._given, PyDataset)

    def begin(self, first: int = 0, seed: int | None = None) -> Iterator[Any]:
        """Begin a pass and return its batches.

        Parameters
        ----------
        first : int
            The batch to begin with, counted from 0, where any may be first.
        seed : int, optional
            Of the order, where there is one; drawn by default.
        """
        if not isinstance(self._given, PyDataset):
            return iter(self._given)
        number = self.batches
        indices: Iterable[int]
        if number is None:
            indices = itertools.count(first)
        elif self._shuffle:
            self.order_seed = random.draw_seed() if seed is None else seed
            indices = random.permutation(number, self.order_seed)[first:].tolist()
        else:
            indices = range(first, number)
        return batches(self._given, indices)

    def call(self, hook: str) -> None:
        """Call `on_epoch_begin` or `on_epoch_end` of a PyDataset."""
        if isinstance(self._given, PyDataset):
            getattr(self._given, hook)()

    def close(self, begun: Iterator[Any] | None) -> None:
        """Let the workers of a pass over a PyDataset go home."""
        if isinstance(self._given, PyDataset) and begun is not None:
            begun.close()  # type: ignore[attr-defined]  # a generator
