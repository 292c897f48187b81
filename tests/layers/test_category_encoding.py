import numpy as np
import pytest

from fastmlp.layers import CategoryEncoding, Input
from fastmlp.models import Model

NUMBERS = np.array([[0, 3], [2, 2], [1, 9]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("multi_hot", [[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]),
        ("binary", [[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]),
        ("count", [[1, 0, 0, 1], [0, 0, 2, 0], [0, 1, 0, 0]]),
        ("one_hot", [[[1, 0, 0, 0], [0, 0, 0, 1]], [[0, 0, 1, 0], [0, 0, 1, 0]], [[0, 1, 0, 0], [0, 0, 0, 0]]]),
    ],
)
def test_modes(mode: str, expected: list[object]) -> None:
    assert CategoryEncoding(4, mode)(NUMBERS).tolist() == expected


@pytest.mark.parametrize("mode", ["multi_hot", "count", "one_hot"])
def test_single_numbers(mode: str) -> None:
    layer = CategoryEncoding(3, output_mode=mode)
    assert layer(np.array([1, 2])).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert layer(np.array([[1], [2]])).tolist() == [[0, 1, 0], [0, 0, 1]]


def test_weights_of_counts() -> None:
    x, weights = Input((2,)), Input((2,))
    model = Model([x, weights], CategoryEncoding(4, output_mode="count")(x, count_weights=weights))
    y = model.predict([NUMBERS, np.array([[0.5, 1], [2, 3], [4, 5]])], verbose=0)
    assert y.tolist() == [[0.5, 0, 0, 1], [0, 0, 5, 0], [0, 4, 0, 0]]
    with pytest.raises(ValueError, match=r"`count_weights` needs output_mode='count'"):
        CategoryEncoding(4)(x, count_weights=weights)


def test_arguments() -> None:
    with pytest.raises(ValueError, match=r"`num_tokens` must be a positive integer. Received: num_tokens=None"):
        CategoryEncoding()
    with pytest.raises(ValueError, match=r"`output_mode` must be one of .* Received: output_mode='int'"):
        CategoryEncoding(3, "int")
