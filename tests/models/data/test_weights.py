from typing import Any

import numpy as np
import pytest

from fastmlp.layers import Input
from fastmlp.models._data.weights import class_weights, sample_weights
from fastmlp.models._objective.heads import Head
from fastmlp.models._objective.objective import Objective


def head_of(loss: str, *shape: int) -> Head:
    return Objective(loss, None, None, None).heads([Input(shape)], ["out"], []).judged[0]


REGRESSION = head_of("mse", 1)
SPARSE = head_of("sparse_categorical_crossentropy", 3)
CATEGORICAL = head_of("categorical_crossentropy", 3)
BINARY = head_of("binary_crossentropy", 1)
IMAGE = head_of("mse", 2, 3)


def sample_weights_of(y: Any, head: Head, value: Any) -> Any:
    (weights,) = sample_weights([value], [np.asarray(y)], [head], "float32")
    return weights


def class_weights_of(y: Any, head: Head, class_weight: Any) -> Any:
    return class_weights(class_weight, [np.asarray(y)], [head], "float32")


@pytest.mark.parametrize(
    ("y", "head"), [([0, 2, 1, 2], SPARSE), (np.eye(3)[[0, 2, 1, 2]], CATEGORICAL)], ids=["labels", "one-hot"]
)
def test_class_weights_of_labels_and_of_one_hot_targets(y: Any, head: Head) -> None:
    np.testing.assert_array_equal(class_weights_of(y, head, {0: 0.5, 2: 3}), [0.5, 3, 1, 3])


def test_class_weights_of_a_single_column_go_by_its_rounded_numbers() -> None:
    np.testing.assert_array_equal(class_weights_of([0, 1, 1], BINARY, {1: 2}), [1, 2, 2])
    np.testing.assert_array_equal(class_weights_of([[0.9], [7], [2.2]], REGRESSION, {1: 2, 2: 3}), [2, 1, 3])


def test_weights_of_samples_may_be_a_column() -> None:
    np.testing.assert_array_equal(sample_weights_of([0, 1, 2], SPARSE, [[2], [1], [3]]), [2, 1, 3])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.ones((2, 2)), r"`sample_weight` must have shape \(2,\). Received: shape=\(2, 2\)"),
        ([1, np.nan], r"`sample_weight` must be finite numbers of at least 0. Received: nan at index 1"),
        ([1, -1], r"`sample_weight` must be finite numbers of at least 0. Received: -1 at index 1"),
        (["a", "b"], r"`sample_weight` must be an array of numbers"),
    ],
)
def test_weights_of_samples_that_cannot_be(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sample_weights_of([0, 1], SPARSE, value)


@pytest.mark.parametrize(
    ("class_weight", "head", "message"),
    [
        ({3: 1.0}, SPARSE, r"weights of at least 0 to classes 0 to 2. Received: 1.0 for class 3"),
        ({0: -1.0}, SPARSE, r"weights of at least 0 to classes 0 to 2. Received: -1.0 for class 0"),
        ({1: [1]}, SPARSE, r"weights of at least 0 to classes 0 to 2. Received: \[1\] for class 1"),
        ({"0": 1.0}, SPARSE, r"weights of at least 0 to classes 0 to 2. Received: 1.0 for class '0'"),
        ({-1: 2.0}, BINARY, r"weights of at least 0 to classes. Received: 2.0 for class -1"),
        ([1.0, 1.0], SPARSE, r"`class_weight` must be a dict from classes to weights. Received: list of length 2"),
        ({0: 1.0}, IMAGE, r"`class_weight` is for outputs of one row a sample. Received: shape=\(2, 3\)"),
    ],
)
def test_weights_of_classes_that_cannot_be(class_weight: Any, head: Head, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        class_weights_of([0, 1], head, class_weight)


def test_weights_of_matrices_count_for_each_of_their_rows() -> None:
    np.testing.assert_array_equal(sample_weights_of(np.zeros((2, 2, 3)), IMAGE, [3, 4]), [[3, 3], [4, 4]])


def test_each_row_of_a_matrix_may_have_its_weight() -> None:
    np.testing.assert_array_equal(sample_weights_of(np.zeros((2, 2, 3)), IMAGE, [[3, 1], [0, 4]]), [[3, 1], [0, 4]])
    with pytest.raises(ValueError, match=r"must have shape \(2,\) or \(2, 2\). Received: shape=\(2, 3\)"):
        sample_weights_of(np.zeros((2, 2, 3)), IMAGE, np.ones((2, 3)))


def test_several_heads() -> None:
    targets = [np.array([0])] * 2
    assert sample_weights([None, None], targets, [SPARSE, SPARSE], "float32") == [None, None]
    with pytest.raises(ValueError, match=r"`class_weight` is for models with one output. Received: \['out', 'out'\]"):
        class_weights({0: 1}, targets, [SPARSE, SPARSE], "float32")
