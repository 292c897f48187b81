from typing import Any

import numpy as np
import pytest

from fastmlp.utils import split_dataset

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)


def test_the_first_rows_and_the_others() -> None:
    left, right = split_dataset((X, {"y": Y}), left_size=0.8)
    np.testing.assert_array_equal(left[0], X[:8])
    np.testing.assert_array_equal(right[1]["y"], Y[8:])
    left, right = split_dataset(Y, left_size=3, right_size=2)
    np.testing.assert_array_equal(left, [0, 1, 2])
    np.testing.assert_array_equal(right, [8, 9])
    assert [len(part) for part in split_dataset(Y, right_size=0.3)] == [7, 3]


def test_drawn_rows_stay_together() -> None:
    (x, y), (other_x, other_y) = split_dataset([X, Y], left_size=4, shuffle=True, seed=3)
    np.testing.assert_array_equal(x[:, 0], 2 * y)
    np.testing.assert_array_equal(other_x[:, 0], 2 * other_y)
    assert sorted([*y, *other_y]) == list(range(10))
    assert sorted(y) != list(range(4))
    np.testing.assert_array_equal(y, split_dataset(Y, left_size=4, shuffle=True, seed=3)[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"Expected `left_size` or `right_size`"),
        ({"left_size": 1.5}, r"`left_size` must be a share between 0 and 1 or an integer between 0 and 10"),
        ({"right_size": 10}, r"`right_size` must be a share .* Received: right_size=10"),
        ({"left_size": 6, "right_size": 0.5}, r"must have 10 samples together, .* Received: 6 and 5"),
        ({"dataset": [X, Y[:3]], "left_size": 1}, r"the same number of samples. Received: \[3, 10\]"),
    ],
)
def test_what_cannot_be_split(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split_dataset(**{"dataset": Y, **arguments})
