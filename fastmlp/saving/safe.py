"""What a file may not do: HDF5 files from strangers, opened and read within limits.

Only what Keras writes is read: groups and plain contiguous arrays of numbers behind hard links, attributes that hold
text. Whatever leads elsewhere (soft and external links, external storage, virtual data sets), runs plugins (filters) or
makes much of little (compression, shapes without data) is refused before anything is allocated for it.
"""

import math
import mmap
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.saving import _heaps

Array = NDArray[Any]

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"

_SEAL = struct.Struct("<12sI")  # a sign, and the CRC-32 of all before it
_SEALED = b"fastmlp seal"

_LONGEST_ATTRIBUTE = 2**16  # HDF5's limit in the layout that Keras writes; longer lists are split

# What h5py, zipfile and zlib raise over damaged bytes.
_DAMAGE = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    MemoryError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
)


class ModelFileError(ValueError):
    """A file that cannot be loaded, and why."""


@contextmanager
def errors_named(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the content of a file into one error that names the file."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"'{path}' cannot be loaded: {error}") from error
    except (*_DAMAGE, AttributeError) as error:
        raise ModelFileError(f"'{path}' cannot be loaded: {_said(error)}") from error


@contextmanager
def damage(what: str) -> Iterator[None]:
    """Turn what a library says of damaged bytes into an error that says what is damaged."""
    try:
        yield
    except ModelFileError:
        raise
    except _DAMAGE as error:
        raise ModelFileError(f"{what} is damaged: {_said(error)}") from error


def _said(error: BaseException) -> str:
    """Return what an error says; a KeyError would put it in quotes."""
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error) or type(error).__name__


def signature(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises
    ------
    FileNotFoundError
        If there is none of that name.
    ModelFileError
        If it is a folder or a device.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, "There is no such file", str(path)) from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise ModelFileError(f"Expected a file. Received {kind}: '{path}'")
    with path.open("rb") as file:
        return file.read(len(HDF5_SIGNATURE))


@contextmanager
def opened(source: Path | bytes) -> Iterator["Group"]:
    """Open an HDF5 file, or its content, for reading and return its root."""
    import h5py

    start = signature(source) if isinstance(source, Path) else source[: len(HDF5_SIGNATURE)]
    if start != HDF5_SIGNATURE:
        raise ModelFileError("it is no HDF5 file")
    if isinstance(source, Path):
        _check_seal(source)
    with damage("the file"):
        file = h5py.File(source, "r", locking=False) if isinstance(source, Path) else h5py.File(BytesIO(source), "r")
    try:
        yield Group(file.id, "", _Content(source))
    finally:
        with damage("the file"):
            file.close()


class _Content:
    """The bytes of an HDF5 file, whose heaps are looked at once, when its first text is read."""

    def __init__(self, source: Path | bytes) -> None:
        self._source = source

    @cached_property
    def fault(self) -> str | None:
        """What is wrong with the heaps."""
        return _heaps.fault(self._source)


class Group:
    """A group of an HDF5 file.

    Attributes
    ----------
    path : str
        Where it is, for messages.
    """

    def __init__(self, identifier: Any, path: str, content: _Content) -> None:
        self._id = identifier
        self._content = content
        self.path = path

    def __contains__(self, path: str) -> bool:
        """Whether something of that path is in the file, whatever it is."""
        group = self
        *parents, name = path.split("/")
        for parent in parents:
            if not group._has(parent):
                return False
            group = group.group(parent)
        return group._has(name)

    def _has(self, name: str) -> bool:
        with damage(f"'{self.path}'"):
            return name not in ("", ".") and bool(self._id.links.exists(name.encode()))

    def group(self, path: str) -> "Group":
        """Return a group inside."""
        import h5py

        opened = self._walk(path)
        if not isinstance(opened._id, h5py.h5g.GroupID):
            raise ModelFileError(f"'{opened.path}' must be a group")
        return opened

    def array(self, path: str, shape: tuple[int, ...]) -> Array:
        """Return the content of a data set, which must have that shape."""
        found = self._dataset(path)
        if found.shape != shape:
            raise ModelFileError(f"'{found.path}' must have shape {shape}. Received: shape={found.shape}")
        return found.read()

    def shape(self, path: str) -> tuple[int, ...]:
        """Return the shape of a data set."""
        return self._dataset(path).shape

    def _dataset(self, path: str) -> "_Dataset":
        import h5py

        opened = self._walk(path)
        if not isinstance(opened._id, h5py.h5d.DatasetID):
            raise ModelFileError(f"'{opened.path}' must be a data set")
        return _Dataset(opened._id, opened.path)

    def _walk(self, path: str) -> "Group":
        """Open what hard links lead to, one name of the path after the other."""
        import h5py

        place = self
        for name in path.split("/"):
            here = f"{place.path}/{name}".lstrip("/")
            with damage(f"'{here}'"):
                if not isinstance(place._id, h5py.h5g.GroupID) or not place._has(name):
                    raise ModelFileError(f"it has no '{here}'")
                if place._id.links.get_info(name.encode()).type != h5py.h5l.TYPE_HARD:
                    raise ModelFileError(f"'{here}' is a link to somewhere else, which is not followed")
                place = Group(h5py.h5o.open(place._id, name.encode()), here, self._content)
        return place

    # Attributes

    def text(self, name: str) -> str | None:
        """Return an attribute that holds one text, or None if there is none of that name."""
        values = self._texts(name)
        if values is not None and len(values) != 1:
            raise ModelFileError(f"attribute '{name}' of '{self.path}' must hold one text. Received: {len(values)}")
        return None if values is None else values[0]

    def texts(self, name: str) -> list[str] | None:
        """Return an attribute that holds a list of texts, also where Keras has split it into `name0`, `name1`, ..."""
        values = self._texts(name)
        if values is not None:
            return values
        part, number = self._texts(f"{name}0"), 0
        while part is not None:
            values = [*(values or ()), *part]
            number += 1
            part = self._texts(f"{name}{number}")
        return values

    def _texts(self, name: str) -> list[str] | None:
        import h5py

        with damage(f"attribute '{name}' of '{self.path}'"):
            if not h5py.h5a.exists(self._id, name.encode()):
                return None
            attribute = h5py.h5a.open(self._id, name.encode())
            count = math.prod(attribute.shape or ())
            if attribute.shape is None or count == 0:  # NumPy's empty list, of float64
                return []
            kind = attribute.get_type()
            if kind.get_class() != h5py.h5t.STRING or len(attribute.shape) > 1:
                raise ModelFileError(f"attribute '{name}' of '{self.path}' must hold text")
            if attribute.get_storage_size() > _LONGEST_ATTRIBUTE:
                raise ModelFileError(f"attribute '{name}' of '{self.path}' is longer than {_LONGEST_ATTRIBUTE} bytes")
            if kind.is_variable_str() and self._content.fault:
                raise ModelFileError(self._content.fault)
            values = np.atleast_1d(h5py.Group(self._id).attrs[name]).tolist()
            return [value.decode() if isinstance(value, bytes) else value for value in values]


class _Dataset:
    """A data set whose numbers lie in the file as they are."""

    def __init__(self, identifier: Any, path: str) -> None:
        import h5py

        self._id = identifier
        self.path = path
        with damage(f"'{path}'"):
            plan, kind = identifier.get_create_plist(), identifier.get_type()
            if plan.get_external_count():
                raise ModelFileError(f"'{path}' lies in another file, which is not read")
            if plan.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or plan.get_nfilters():
                raise ModelFileError(f"'{path}' is compressed, chunked or virtual; only plain arrays are read")
            if identifier.get_space().get_simple_extent_type() == h5py.h5s.NULL:
                raise ModelFileError(f"'{path}' has no shape")
            self.dtype = _plain_dtype(kind)
            if self.dtype is None:
                raise ModelFileError(f"'{path}' must hold numbers of 1 to 8 bytes")
            self.shape = tuple(int(size) for size in identifier.shape)
            size = math.prod(self.shape) * self.dtype.itemsize
            if identifier.get_storage_size() != size:
                raise ModelFileError(f"'{path}' is cut short")

    def read(self) -> Array:
        """Return the numbers."""
        import h5py

        with damage(f"'{self.path}'"):
            array = np.empty(self.shape, self.dtype)
            self._id.read(h5py.h5s.ALL, h5py.h5s.ALL, array)
        return array


def _plain_dtype(kind: Any) -> np.dtype[Any] | None:
    """Return the dtype of an ordinary type of numbers, None for any other type."""
    from h5py import h5t

    for dtype in (f"{order}{letter}{size}" for letter in "fiu" for size in (1, 2, 4, 8) for order in "<>"):
        if dtype[1:] != "f1" and kind.equal(h5t.py_create(np.dtype(dtype))):
            return np.dtype(dtype)
    return None


def seal(content: memoryview) -> bytes:
    """Return what to put behind the content of a file, so that damage to any bit of it is seen.

    HDF5 passes over what is behind the end of a file, and cuts it off when the file is changed.
    """
    return _SEAL.pack(_SEALED, zlib.crc32(content))


def _check_seal(path: Path) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = len(content) - _SEAL.size
        if end < 0:
            return
        sign, noted = _SEAL.unpack_from(content, end)
        with memoryview(content) as whole, whole[:end] as sealed:
            if sign == _SEALED and zlib.crc32(sealed) != noted:
                raise ModelFileError("it is damaged: its checksum is wrong")
