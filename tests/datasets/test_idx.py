import numpy as np
import pytest

from fastmlp.datasets import _idx

ARRAY = np.arange(6, dtype=np.uint8).reshape(2, 3)
CONTENT = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 2, 3, 4, 5])


def test_array_comes_back() -> None:
    np.testing.assert_array_equal(_idx.parse(CONTENT, (2, 3), "file"), ARRAY)
    assert _idx.header((2, 3)) + ARRAY.tobytes() == CONTENT
    assert _idx.size((2, 3)) == len(CONTENT)


@pytest.mark.parametrize("position", range(12))
def test_every_byte_of_the_header_counts(position: int) -> None:
    content = bytearray(CONTENT)
    content[position] ^= 1
    with pytest.raises(ValueError, match="file must begin with the IDX header"):
        _idx.parse(bytes(content), (2, 3), "file")


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"x"])
def test_length_counts(content: bytes) -> None:
    with pytest.raises(ValueError, match="file must have 18 bytes"):
        _idx.parse(content, (2, 3), "file")


def test_empty_content() -> None:
    with pytest.raises(ValueError, match="IDX header"):
        _idx.parse(b"", (2, 3), "file")
