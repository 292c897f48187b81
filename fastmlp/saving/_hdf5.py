"""Writing HDF5 as Keras does: plain arrays in groups, names in attributes; and checksums, which Keras passes over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np

from fastmlp.saving.safe import CHECKSUM, Array, checksum, checksum_of_texts

_MOST_NAMES = 64_512  # bytes of names in one attribute, as Keras counts them


@contextmanager
def written(buffer: BytesIO) -> Iterator[Any]:
    """Open an HDF5 file in memory for writing and return its root.

    In memory, since the HDF5 library does not come through a disk that is full.
    """
    import h5py

    with h5py.File(buffer, "w") as file:
        yield file


def put(group: Any, path: str, value: Array) -> None:
    """Write an array as a data set."""
    array = np.asarray(value, order="C")  # ascontiguousarray would make a scalar a vector
    dataset = group.create_dataset(path, data=array)
    dataset.attrs.create(CHECKSUM, checksum(dataset.name, array), dtype="<u4")


def put_text(group: Any, name: str, text: str) -> None:
    """Write a text as an attribute."""
    group.attrs[name] = text
    _note_checksum(group, name, [text])


def put_texts(group: Any, name: str, texts: Sequence[str]) -> None:
    """Write a list of texts as an attribute, or where that were too long as several: `name0`, `name1`, ..."""
    array = np.array([text.encode() for text in texts], dtype=None if texts else "S1")
    if array.nbytes <= _MOST_NAMES:
        group.attrs[name] = array
        _note_checksum(group, name, texts)
        return
    parts = [array]
    while any(part.nbytes > _MOST_NAMES for part in parts):
        parts = np.array_split(array, len(parts) + 1)
    for number, part in enumerate(parts):
        group.attrs[f"{name}{number}"] = part
        _note_checksum(group, f"{name}{number}", [text.decode() for text in part.tolist()])


def _note_checksum(group: Any, name: str, texts: Sequence[str]) -> None:
    group.attrs.create(f"{name}_{CHECKSUM}", checksum_of_texts(group.name, texts), dtype="<u4")
