from typing import Any

import numpy as np
import pytest

from fastmlp import losses
from fastmlp.models._heads import Head
from fastmlp.models._weights import weights_for

SPARSE = Head("out", (3,), losses.SparseCategoricalCrossentropy(), 1.0, (), ())
CATEGORICAL = Head("out", (3,), losses.CategoricalCrossentropy(), 1.0, (), ())
BINARY = Head("out", (1,), losses.BinaryCrossentropy(), 1.0, (), ())
IMAGE = Head("out", (2, 3), losses.MeanSquaredError(), 1.0, (), ())


def weights_of(y: Any, head: Head, sample_weight: Any = None, class_weight: Any = None) -> Any:
    (weights,) = weights_for([head], [np.asarray(y)], [sample_weight], class_weight, "float32")
    return weights


@pytest.mark.parametrize(
    ("y", "head"), [([0, 2, 1, 2], SPARSE), (np.eye(3)[[0, 2, 1, 2]], CATEGORICAL)], ids=["labels", "one-hot"]
)
def test_class_weights_of_labels_and_of_one_hot_targets(y: Any, head: Head) -> None:
    weights = weights_of(y, head, class_weight={0: 0.5, 2: 3})
    np.testing.assert_array_equal(weights, [0.5, 3, 1, 3])
    weights = weights_of(y, head, [[2], [1], [3], [0]], {0: 0.5, 2: 3})
    np.testing.assert_array_equal(weights, [1, 3, 3, 0])


def test_class_weights_of_a_binary_target() -> None:
    weights = weights_of([0, 1, 1], BINARY, class_weight={1: 2})
    np.testing.assert_array_equal(weights, [1, 2, 2])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"sample_weight": np.ones((2, 2))}, r"`sample_weight` must have shape \(2,\). Received: shape=\(2, 2\)"),
        ({"sample_weight": [1, np.nan]}, r"`sample_weight` must be finite numbers of at least 0. Received: nan at"),
        ({"sample_weight": [1, -1]}, r"`sample_weight` must be finite numbers of at least 0. Received: -1 at index 1"),
        ({"sample_weight": ["a", "b"]}, r"`sample_weight` must be an array of numbers"),
        ({"class_weight": {3: 1.0}}, r"`class_weight` must give weights of at least 0 to classes 0 to 2"),
        ({"class_weight": {0: -1.0}}, r"`class_weight` must give weights of at least 0 to classes 0 to 2"),
        ({"class_weight": {"0": 1.0}}, r"`class_weight` must give weights of at least 0 to classes 0 to 2"),
        ({"class_weight": [1.0, 1.0]}, r"`class_weight` must be a dict"),
    ],
)
def test_weights_that_cannot_be(weights: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weights_of([0, 1], SPARSE, **weights)


def test_weights_of_matrices_count_for_each_of_their_rows() -> None:
    np.testing.assert_array_equal(weights_of(np.zeros((2, 2, 3)), IMAGE, [3, 4]), [[3, 3], [4, 4]])
    with pytest.raises(
        ValueError, match=r"`class_weight` is for outputs of one row a sample. Received: shape=\(2, 3\)"
    ):
        weights_of(np.zeros((2, 2, 3)), IMAGE, class_weight={0: 1})


def test_class_weights_are_for_one_output() -> None:
    with pytest.raises(ValueError, match=r"`class_weight` is for models with one output. Received: \['out', 'out'\]"):
        weights_for([SPARSE, SPARSE], [np.array([0])] * 2, [None, None], {0: 1}, "float32")
    assert weights_for([SPARSE, SPARSE], [np.array([0])] * 2, [None, None], None, "float32") == [None, None]
