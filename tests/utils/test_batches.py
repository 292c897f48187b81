import numpy as np
import pytest

from fastmlp.utils import pack_x_y_sample_weight, unpack_x_y_sample_weight

X, Y, W = np.zeros((2, 1)), np.ones(2), np.full(2, 2.0)


def test_a_batch_is_packed_and_unpacked() -> None:
    assert pack_x_y_sample_weight(X) is X
    assert pack_x_y_sample_weight([X, X]) == ([X, X],)
    assert pack_x_y_sample_weight(X, Y) == (X, Y)
    assert pack_x_y_sample_weight(X, Y, W) == (X, Y, W)
    for data, expected in (
        (X, (X, None, None)),
        ((X,), (X, None, None)),
        ([X, Y], (X, Y, None)),
        ((X, Y, W), (X, Y, W)),
        ({"a": X}, ({"a": X}, None, None)),
    ):
        assert all(a is b or a == b for a, b in zip(unpack_x_y_sample_weight(data), expected, strict=True))
    with pytest.raises(ValueError, match=r"must be x, .* Received: a tuple of 4"):
        unpack_x_y_sample_weight((X, Y, W, W))
