"""Writing HDF5 as Keras does: plain arrays in groups, names in attributes; and a seal, which Keras passes over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from fastmlp.saving.atomic import replacing
from fastmlp.saving.safe import seal

_MOST_NAMES = 64_512  # bytes of names in one attribute, as Keras counts them


@contextmanager
def written(buffer: BytesIO) -> Iterator[Any]:
    """Open an HDF5 file in memory for writing and return its root.

    In memory, since the HDF5 library does not come through a disk that is full.
    """
    import h5py

    with h5py.File(buffer, "w") as file:
        yield file


def write(buffer: BytesIO, path: Path) -> None:
    """Write what was written in memory to a file, sealed, whole or not at all."""
    with replacing(path) as file, buffer.getbuffer() as content:
        file.write(content)
        file.write(seal(content))


def put_texts(group: Any, name: str, texts: Sequence[str]) -> None:
    """Write a list of texts as an attribute, or where that were too long as several: `name0`, `name1`, ..."""
    array = np.array([text.encode() for text in texts], dtype=None if texts else "S1")
    parts = [array]
    while any(part.nbytes > _MOST_NAMES for part in parts):
        parts = np.array_split(array, len(parts) + 1)
    if len(parts) == 1:
        group.attrs[name] = array
        return
    for number, part in enumerate(parts):
        group.attrs[f"{name}{number}"] = part
