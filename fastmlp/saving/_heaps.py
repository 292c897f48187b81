"""The heaps of an HDF5 file, where its texts of variable length lie, checked before the HDF5 library walks them.

The library does not end over a heap whose sizes are wrong, and a list in the file may name one long text as often as it
likes: each time the library would copy it. So every heap must be whole, and long texts be named a few times at most.

Reference: HDF5 File Format Specification, version 3.0, sections II.A (superblock) and III.E (global heap).
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

_LONG = 64_512  # no name is longer: Keras splits lists of names where an attribute would be
_NAMED = 8  # longer texts that there may be, and times that each may be named; Keras has two configs, named once each
_MOST_STEPS = 2_000_000  # objects looked at; an honest file has some for each weight

_HEAP = struct.Struct("<4sB3xQ")  # signature, version, size of the heap
_OBJECT = struct.Struct("<HHIQ")  # index, references, reserved, size without padding
_PLACE = struct.Struct("<QI")  # how a text is named in a list: where its heap starts, its index there


def fault(source: Path | bytes) -> str | None:
    """Return what is wrong with the heaps of an HDF5 file, or None."""
    if isinstance(source, bytes):
        return _fault(source)
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _fault(content)


def _fault(content: bytes | mmap.mmap) -> str | None:
    if not _plain_superblock(content):
        return "it has an unusual superblock"
    steps = long = 0
    for start in _found(content, b"GCOL"):
        for index, size in _objects(content, start):
            steps += 1
            if index < 0:
                return "one of its heaps is damaged"
            if steps > _MOST_STEPS:
                return f"it has more than {_MOST_STEPS} texts"
            long += size > _LONG
            if long > _NAMED or (size > _LONG and not _rarely_named(content, start, index)):
                return f"it has or names more than {_NAMED} texts of more than {_LONG} bytes"
    return None


def _plain_superblock(content: bytes | mmap.mmap) -> bool:
    """Whether addresses are 8 bytes and count from the start of the file."""
    if len(content) < 48 or content[8] > 3:
        return False
    version = content[8]
    sizes, base = ((9, 12), (13, 24))[version < 2] if version != 1 else (13, 28)
    return content[sizes] == 8 and content[base : base + 8] == bytes(8)


def _found(content: bytes | mmap.mmap, pattern: bytes) -> Iterator[int]:
    place = content.find(pattern)
    while place >= 0:
        yield place
        place = content.find(pattern, place + 1)


def _objects(content: bytes | mmap.mmap, start: int) -> Iterator[tuple[int, int]]:
    """Return index and size of each text in the heap at `start`; an index of -1 where the heap is damaged."""
    if start + _HEAP.size > len(content):
        return
    _, version, size = _HEAP.unpack_from(content, start)
    if version != 1:
        return  # the library does not take it for a heap either
    end = start + size
    place = start + _HEAP.size
    if not place <= end <= len(content):
        yield -1, 0
        return
    while end - place >= _OBJECT.size:
        index, _, _, size = _OBJECT.unpack_from(content, place)
        step = _OBJECT.size + -(-size // 8) * 8 if index else size  # index 0 is the rest, its own head included
        if step < _OBJECT.size or place + step > end:
            yield -1, 0
            return
        if index:
            yield index, size
        place += step


def _rarely_named(content: bytes | mmap.mmap, heap: int, index: int) -> bool:
    return all(times < _NAMED for times, _ in enumerate(_found(content, _PLACE.pack(heap, index))))
