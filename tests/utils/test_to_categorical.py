import numpy as np
import pytest

from fastmlp.utils import to_categorical


def test_labels_become_rows() -> None:
    rows = to_categorical([0, 2, 1])
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, [[1, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_more_classes_than_labels_and_another_dtype() -> None:
    rows = to_categorical(np.array([1]), num_classes=4, dtype="int64")
    assert rows.dtype == np.int64
    np.testing.assert_array_equal(rows, [[0, 1, 0, 0]])


@pytest.mark.parametrize(("shape", "expected"), [((6,), (6, 3)), ((6, 1), (6, 3)), ((2, 3), (2, 3, 3)), ((), (3,))])
def test_shapes(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert to_categorical(np.full(shape, 2)).shape == expected


@pytest.mark.parametrize("labels", [[-1, 0], [0, 3]])
def test_labels_must_be_classes(labels: list[int]) -> None:
    with pytest.raises(ValueError, match=r"Labels must be from 0 to 2. Received labels from"):
        to_categorical(labels, num_classes=3)


@pytest.mark.parametrize("num_classes", [0, -1, 2.5])
def test_the_number_of_classes_is_positive(num_classes: object) -> None:
    with pytest.raises(ValueError, match=r"`num_classes` must be a positive integer. Received: num_classes="):
        to_categorical([0], num_classes=num_classes)  # type: ignore[arg-type]


@pytest.mark.parametrize("labels", [[0.5], [], ["a"], [float("nan")]])
def test_labels_are_whole_numbers(labels: list[object]) -> None:
    with pytest.raises(ValueError, match="`x` must be a non-empty array of whole numbers"):
        to_categorical(labels)
