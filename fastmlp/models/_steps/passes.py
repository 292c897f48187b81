"""A pass over data: where its batches come from, how many there are, and what is reported of them."""

from types import TracebackType

from fastmlp.models import _arguments as arguments
from fastmlp.models._data.cursor import Cursor, Shuffle
from fastmlp.models._data.feeds import Feed, RowsFeed
from fastmlp.models._data.samples import Samples
from fastmlp.models._objective.heads import Heads

NO_HEADS = Heads([], [])


class Pass:
    """Something to go through, once or epoch by epoch; as a context, it lets go of its data at the end.

    Parameters
    ----------
    feed : Feed
        Gives the batches.
    heads : Heads
        What is reported.
    steps : int or None
        Batches of an epoch; None: as many as there are.
    rows : int or None
        Samples of an epoch; None: not known.
    """

    def __init__(self, feed: Feed, heads: Heads, steps: int | None, rows: int | None = None) -> None:
        self.feed = feed
        self.heads = heads
        self.steps = steps
        self.rows = rows

    def __enter__(self) -> "Pass":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.feed.close()


def rows_pass(
    heads: Heads,
    samples: Samples,
    batch_size: int,
    steps: int | None,
    *,
    training: bool = False,
    shuffle: Shuffle = False,
) -> Pass:
    """Return a pass over arrays.

    Parameters
    ----------
    heads : Heads
        What is reported.
    samples : Samples
        The arrays.
    batch_size : int
        Rows of a batch.
    steps : int or None
        Batches of an epoch; by default all.
    training : bool
        Whether an epoch goes on where the last one ended, with another pass if need be; else each begins at the first
        row, and ends with the last one.
    shuffle : bool or "batch"
        Whether each pass takes the rows, or the batches, in a new random order.
    """
    cursor = Cursor(len(samples), min(batch_size, len(samples)), shuffle)
    steps = arguments.positive("steps_per_epoch" if training else "steps", steps, cursor.steps_per_pass)
    if not training:
        steps = min(steps, cursor.steps_per_pass)
    return Pass(RowsFeed(samples, cursor, anew=not training), heads, steps, cursor.rows_of(steps))
