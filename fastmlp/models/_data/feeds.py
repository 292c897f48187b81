"""What a pass over data runs through: rows of arrays, many batches at a time, or batches as they come."""

import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from fastmlp.models._data.cursor import Cursor
from fastmlp.models._data.read_ahead import ReadAhead
from fastmlp.models._data.samples import Piece, Samples
from fastmlp.models._data.sources import Source
from fastmlp.models._objective.heads import Heads
from fastmlp.utils.batches import unpack_x_y_sample_weight


class Feed(Protocol):
    """Where batches come from."""

    def begin(self) -> None:
        """Begin an epoch."""

    def next(self, steps: int) -> Piece | None:
        """Return the next batches, up to so many; None if there are no more."""

    def advance(self, rows: int) -> int:
        """Count the first rows of the last piece as done, whole batches; return how many batches these were."""

    def end(self) -> None:
        """End an epoch."""

    def close(self) -> None:
        """Let go of everything."""

    def state(self) -> dict[str, int]:
        """Return what `restore` needs; what JSON knows."""

    def restore(self, state: Mapping[str, int]) -> None:
        """Stand where another feed of the same data stood, or raise a ValueError."""


class RowsFeed:
    """Batches of arrays.

    Parameters
    ----------
    samples : Samples
        The arrays.
    cursor : Cursor
        Where the next batch begins; moved on.
    anew : bool
        Whether an epoch begins at the first row; else it begins where the last one ended.
    """

    def __init__(self, samples: Samples, cursor: Cursor, anew: bool) -> None:
        self._samples = samples
        self._cursor = cursor
        self._anew = anew
        neighbours = [] if cursor.shuffle is True else samples.arrays()
        self._ahead = ReadAhead(neighbours)

    def begin(self) -> None:
        """Begin an epoch."""
        if self._anew:
            self._cursor.position = 0

    def next(self, steps: int) -> Piece | None:
        """Return the next batches of the present pass over the arrays."""
        cursor, ahead = self._cursor, self._ahead
        if ahead.rows:
            steps = min(steps, max(1, ahead.rows // cursor.batch_size))
        first, last = cursor.next(steps)
        if ahead.rows:
            ahead.ask(cursor.order, first, min(last + ahead.rows, cursor.rows))
        return Piece(self._samples, cursor.order, first, last, cursor.batch_size)

    def advance(self, rows: int) -> int:
        """Move the cursor on."""
        before = self._cursor.steps
        self._cursor.position += rows
        return self._cursor.steps - before

    def end(self) -> None:
        """Stay where the cursor is."""

    def close(self) -> None:
        """Let go of nothing: arrays are the user's."""

    def state(self) -> dict[str, int]:
        """Return what the cursor needs to stand here."""
        return self._cursor.state()

    def restore(self, state: Mapping[str, int]) -> None:
        """Let the cursor stand where another one stood."""
        self._cursor.restore(state)


class BatchFeed:
    """Batches that somebody else makes: a generator, a dataset.

    Parameters
    ----------
    source : Source
        Where they come from.
    read : callable
        Makes `Heads` and `Samples` of a batch, or raises a ValueError.
    steps : int or None
        Batches of an epoch: then a pass goes on where the last epoch ended. Otherwise each epoch is a pass.
    """

    def __init__(self, source: Source, read: Callable[[Any], tuple[Heads, Samples]], steps: int | None = None) -> None:
        self.read = read
        self._source = source
        self._steps = steps
        self._pass: Iterator[Any] | None = None
        self._given = 0  # batches of the pass so far
        self._waiting: list[Any] = []

    @property
    def batches(self) -> int | None:
        """How many batches a pass has, if that is known."""
        return self._source.batches

    def peek_inputs(self) -> Any:
        """Return the inputs of the first batch."""
        return unpack_x_y_sample_weight(self.peek())[0]

    def peek(self) -> Any:
        """Return the first batch as it is, without going past it."""
        if not self._waiting:
            self._pass = self._source.begin()
            self._waiting = list(itertools.islice(self._pass, 1))
        if not self._waiting:
            raise ValueError("A generator or a dataset must give at least one batch. Received: none")
        return self._waiting[0]

    def begin(self) -> None:
        """Begin an epoch: with a new pass, unless `steps` of them go on in the present one."""
        self._source.call("on_epoch_begin")
        over = self._given == self._source.batches if self._steps else self._given > 0
        if self._pass is None or over:
            self.close()
            self._pass, self._given = self._source.begin(), 0

    def next(self, steps: int) -> Piece | None:
        """Return the next batch as the only one of a piece."""
        if self._waiting:
            batch = self._waiting.pop()
        else:
            try:
                batch = next(self._pass or iter(()))
            except StopIteration:
                self._pass = None
                return None
        self._given += 1
        samples = self.read(batch)[1]
        return Piece(samples, None, 0, len(samples), len(samples))

    def advance(self, rows: int) -> int:
        """Return 1 if the batch was done."""
        return int(rows > 0)

    def end(self) -> None:
        """End an epoch."""
        self._source.call("on_epoch_end")

    def close(self) -> None:
        """Let go of the present pass and of who works for it."""
        self._source.close(self._pass)
        self._pass = None

    def state(self) -> dict[str, int]:
        """Return how many batches of the present pass are done, and the seed of its order."""
        over = self._pass is None or self._given == self._source.batches
        return {"given": 0 if over else self._given, "order_seed": self._source.order_seed}

    def restore(self, state: Mapping[str, int]) -> None:
        """Leave out the batches that another feed has given.

        Raises
        ------
        ValueError
            If there are not so many.
        """
        given = state["given"]
        if self._source.by_index:
            self.close()
            self._waiting = []
            self._pass = self._source.begin(given, state["order_seed"]) if given else None
        elif given:
            self.peek()
            left_out = len(list(itertools.islice(itertools.chain(self._waiting, self._pass or ()), given)))
            self._waiting = []
            if left_out < given:
                raise ValueError(f"The input must give more than the {given} batches done. Received: {left_out}")
        self._given = given


def warn_of_end(epoch: int, steps: int, expected: int | None) -> None:
    """Warn that an epoch of `fit` got fewer batches than were asked for, or none."""
    wanted = "" if expected is None else f" of {expected}"
    warnings.warn(
        "Your input ran out of data; interrupting training. It must give as many batches as the steps of all epochs "
        f"together. Received: {steps}{wanted} batches in epoch {epoch + 1}",
        stacklevel=4,
    )


def warn_of_no_validation() -> None:
    """Warn that there was no batch to validate with."""
    warnings.warn(
        "Your input ran out of data; the epoch is not validated. `validation_data` must give as many batches as the "
        "validations of all epochs together. Received: none",
        stacklevel=4,
    )
