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


def test_labels_may_have_any_shape_of_the_right_size() -> None:
    for labels in ([1, 0], [[1], [0]]):
        measure = Measure("metric", "sparse_categorical_accuracy", (), True, labels, [[0.2, 0.8], [0.3, 0.7]])
        np.testing.assert_array_equal(measure.rows(), [1, 0])


@pytest.mark.parametrize(
    ("y_true", "y_pred", "weights", "message"),
    [
        (1.0, 1.0, None, r"`y_pred` must be an array of at least one row. Received: shape=\(\)"),
        ([1.0], [[1.0], [2.0]], None, r"`y_true` must have 2 elements .* Received: shape=\(1,\)"),
        ([[1.0]], [[1.0]], [1.0, 2.0], r"`sample_weight` must have one weight a row, 1. Received: 2"),
    ],
)
def test_what_cannot_be(y_true, y_pred, weights, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Measure("loss", "mse", (), False, y_true, y_pred, weights)
