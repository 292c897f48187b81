"""Where training stands in its data."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastmlp import random

Shuffle = bool | Literal["batch"]


class Cursor:
    """Counts rows through pass after pass over the data, in an order drawn anew for each pass.

    An epoch is usually one pass; with `steps_per_epoch` it may be less or more.

    Parameters
    ----------
    rows : int
        Rows of the data.
    batch_size : int
        Rows of a batch; the last batch of a pass may be smaller.
    shuffle : bool or "batch"
        Whether the order is a random permutation; else the rows come as they are. "batch": batches of neighbours come
        in a random order, which is what a disk reads fast; a smaller last batch stays the last.

    Attributes
    ----------
    order : numpy.ndarray or None
        Which row comes i-th in this pass; None means row i.
    position : int
        Rows done so far.
    steps_per_pass : int
        Batches of one pass.
    """

    def __init__(self, rows: int, batch_size: int, shuffle: Shuffle) -> None:
        self.rows = rows
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.order: NDArray[np.int64] | None = None
        self.position = 0
        self.steps_per_pass = -(-rows // batch_size)
        self._seed = 0  # of the order

    @property
    def steps(self) -> int:
        """Batches done so far."""
        passes, rest = divmod(self.position, self.rows)
        return passes * self.steps_per_pass - (-rest // self.batch_size)

    def rows_of(self, steps: int) -> int:
        """Return how many rows a number of batches has, from the start of a pass."""
        passes, rest = divmod(steps, self.steps_per_pass)
        return passes * self.rows + min(self.rows, rest * self.batch_size)

    def next(self, steps: int) -> tuple[int, int]:
        """Return where in the order the next batches begin and end: up to so many, within one pass."""
        first = self.position % self.rows
        if first == 0 and self.shuffle:
            self._seed = random.draw_seed()
            self.order = self._drawn_order()
        return first, min(self.rows, first + steps * self.batch_size)

    def _drawn_order(self) -> NDArray[np.int64]:
        if self.shuffle != "batch":
            return random.permutation(self.rows, self._seed)
        whole = self.rows // self.batch_size
        batches = random.permutation(whole, self._seed)[:, np.newaxis] * self.batch_size + np.arange(self.batch_size)
        return np.concatenate([batches.ravel(), np.arange(whole * self.batch_size, self.rows)])

    def state(self) -> dict[str, int]:
        """Return what `restore` needs; what JSON knows."""
        return {
            "rows": self.rows,
            "batch_size": self.batch_size,
            "position": self.position % self.rows,
            "order_seed": self._seed,
        }

    def restore(self, state: Mapping[str, int]) -> None:
        """Stand where another cursor stood.

        Raises
        ------
        ValueError
            If that was in the middle of a pass over data of another size, or in other batches.
        """
        position, seed = state["position"], state["order_seed"]
        if position and (state["rows"], state["batch_size"]) != (self.rows, self.batch_size):
            raise ValueError(
                f"Expected {state['rows']} rows in batches of {state['batch_size']}, as when training was interrupted. "
                f"Received: {self.rows} rows in batches of {self.batch_size}"
            )
        self.position, self._seed = position, seed
        self.order = self._drawn_order() if position and self.shuffle else None
