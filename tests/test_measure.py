import numpy as np
import pytest

from fastmlp._measure import Measure


def test_sums_and_rows_of_matrices() -> None:
    y_pred = np.arange(12.0).reshape(2, 3, 2)
    measure = Measure("loss", "mse", (), False, np.zeros((2, 3, 2)), y_pred)
    rows = (y_pred**2).mean(axis=-1)
    np.testing.assert_allclose(measure.rows(), rows)
    np.testing.assert_allclose(measure.sums(), [rows.sum(), 6])


def test_losses_count_rows_and_metrics_weights() -> None:
    arguments = ((), False, [[1.0], [2.0]], [[0.0], [0.0]], [0.5, 2.0])
    np.testing.assert_allclose(Measure("loss", "mse", *arguments).sums(), [8.5, 2])
    np.testing.assert_allclose(Measure("metric", "mean_squared_error", *arguments).sums(), [8.5, 2.5])


def test_a_last_axis_of_one_target_may_be_left_out() -> None:
    for labels in ([1, 0], [[1], [0]]):
        measure = Measure("metric", "sparse_categorical_accuracy", (), True, labels, [[0.2, 0.8], [0.3, 0.7]])
        np.testing.assert_array_equal(measure.rows(), [1, 0])
    for numbers in ([1.0, 2.0], [[1.0], [2.0]]):
        measure = Measure("loss", "mse", (), False, numbers, [[0.0], [0.0]], numbers)
        np.testing.assert_array_equal(measure.rows(), [1, 8])


@pytest.mark.parametrize(
    ("kind", "labels", "y_true", "message"),
    [
        ("mse", False, [[np.nan, 0.0]], "must be finite numbers. Received: nan"),
        ("binary_crossentropy", False, [[2.0, 5.0]], "must be between 0 and 1. Received: 2.0"),
        ("categorical_crossentropy", False, [[1.0, 1.0]], "must have the sum 1. Received: sum 2.0"),
        ("sparse_categorical_crossentropy_logits", True, [2], "must be class indices from 0 to 1. Received: 2.0"),
    ],
)
def test_targets_are_those_that_fit_takes(kind: str, labels: bool, y_true: list, message: str) -> None:
    scalars = () if kind == "mse" or labels else (0.0,)
    with pytest.raises(ValueError, match=message):
        Measure("loss", kind, scalars, labels, y_true, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "weights", "message"),
    [
        (1.0, 1.0, None, r"`y_pred` must be an array of at least one row. Received: shape=\(\)"),
        ([1.0], [[1.0], [2.0]], None, r"`y_true` must have shape \(2, 1\) .* Received: shape=\(1,\)"),
        (np.ones((2, 3)), np.ones((3, 2)), None, r"`y_true` must have shape \(3, 2\) .* Received: shape=\(2, 3\)"),
        ([[1.0]], [[1.0]], [1.0, 2.0], r"`sample_weight` must have shape \(1,\). Received: shape=\(2,\)"),
        (np.ones((2, 3, 1)), np.ones((2, 3, 1)), np.ones((3, 2)), r"`sample_weight` must have shape \(2, 3\)"),
    ],
)
def test_what_cannot_be(y_true, y_pred, weights, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Measure("loss", "mse", (), False, y_true, y_pred, weights)
