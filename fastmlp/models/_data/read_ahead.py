"""Reading ahead: what a pass will need next of files that are mapped into memory is asked of the disk in time.

Without it, each page that is not in memory costs a wait, and brings megabytes of neighbours, which batches in a random
order do not need. Measured on 3 GB in batches of 1.6 MB: twice the speed, half of the bytes read.
"""

import mmap
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

# So much is asked for at once, while as much that came before is worked on.
_BYTES = 1 << 25


class ReadAhead:
    """Asks for rows of mapped files.

    Parameters
    ----------
    arrays : iterable of numpy.ndarray
        Of equal length; those that do not lie in a mapped file are passed over.

    Attributes
    ----------
    rows : int
        How many rows to ask for at once; 0 where nothing is mapped.
    """

    def __init__(self, arrays: Iterable[NDArray[Any]]) -> None:
        self._mapped = [(*found, array) for array in arrays if (found := _mapping_of(array)) is not None]
        size = sum(array.strides[0] for *_, array in self._mapped)
        self.rows = max(1, _BYTES // size) if size else 0
        self._end = 0

    def ask(self, order: NDArray[np.int64] | None, first: int, last: int) -> None:
        """Ask for rows order[first] ... order[last - 1], or some of them if those in front were asked for before.

        Parameters
        ----------
        order : numpy.ndarray or None
            As `Cursor` has it, neighbours side by side for the most part.
        first, last : int
            Places in the order; a `first` of 0 begins a pass.
        """
        first, self._end = max(first, self._end if first else 0), last
        if first >= last:
            return
        places = np.arange(first, last) if order is None else order[first:last]
        breaks = np.flatnonzero(np.diff(places) != 1) + 1
        for begin, end in zip([0, *breaks], [*breaks, last - first], strict=True):
            for mapping, offset, array in self._mapped:
                start = offset + int(places[begin]) * array.strides[0]
                start -= start % mmap.PAGESIZE
                stop = min(offset + (int(places[end - 1]) + 1) * array.strides[0], len(mapping))
                mapping.madvise(mmap.MADV_WILLNEED, start, stop - start)


def _mapping_of(array: NDArray[Any]) -> tuple[mmap.mmap, int] | None:
    """Return the mapped file in which an array lies and where it begins there; None if it does not lie in one."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    if not isinstance(base, mmap.mmap) or not hasattr(mmap, "MADV_WILLNEED"):
        return None
    return base, array.ctypes.data - np.frombuffer(base, np.uint8).ctypes.data
