"""How often something is saved."""

from typing import Literal

SaveFreq = Literal["epoch"] | int


class BatchCounter:
    """Counts batches, and tells after every so many that it is time to save.

    Parameters
    ----------
    save_freq : "epoch" or int
        "epoch" for never: the end of an epoch is time then.

    Raises
    ------
    ValueError
        If it is neither.
    """

    def __init__(self, save_freq: SaveFreq) -> None:
        if save_freq != "epoch" and (isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1):
            raise ValueError(f"`save_freq` must be 'epoch' or a positive integer. Received: save_freq={save_freq!r}")
        self._every = save_freq
        self._batches = 0

    @property
    def by_batch(self) -> bool:
        """Whether batches are counted at all."""
        return self._every != "epoch"

    def is_due(self) -> bool:
        """Count one batch and tell whether it is time to save."""
        self._batches += 1
        if self._batches != self._every:
            return False
        self._batches = 0
        return True
