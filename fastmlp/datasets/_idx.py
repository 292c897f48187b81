"""The IDX format of MNIST: a big-endian header (type, number of axes, their lengths), then the elements.

Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", section "File formats".
"""

import math
import struct

import numpy as np

UINT8 = 0x08  # the code of unsigned bytes, the only element type here


def header(shape: tuple[int, ...]) -> bytes:
    """Return the header of an IDX file that holds unsigned bytes of a shape."""
    return struct.pack(f">HBB{len(shape)}I", 0, UINT8, len(shape), *shape)


def size(shape: tuple[int, ...]) -> int:
    """Return the number of bytes of an IDX file that holds unsigned bytes of a shape."""
    return len(header(shape)) + math.prod(shape)


def parse(content: bytes, shape: tuple[int, ...], name: str) -> np.ndarray:
    """Return the array in an IDX file.

    Parameters
    ----------
    content : bytes
        The whole file, decompressed.
    shape : tuple of int
        The shape that the file must have.
    name : str
        What to call the file in an error.

    Returns
    -------
    ndarray of uint8
        A writable array of that shape.

    Raises
    ------
    ValueError
        If header or length are not those of unsigned bytes of that shape.
    """
    expected = header(shape)
    if content[: len(expected)] != expected:
        received = content[: len(expected)].hex()
        raise ValueError(f"{name} must begin with the IDX header {expected.hex()}. Received: {received}")
    if len(content) != size(shape):
        raise ValueError(f"{name} must have {size(shape)} bytes. Received: {len(content)} bytes")
    return np.frombuffer(content, np.uint8, offset=len(expected)).reshape(shape).copy()
