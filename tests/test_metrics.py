import numpy as np
import pytest

import reference
from fastmlp import metrics

RNG = np.random.default_rng(1)
ROWS, COLS = 9, 4
PREDICTIONS = RNG.random((ROWS, COLS))
LABELS = RNG.integers(0, COLS, ROWS)
CASES = [
    (metrics.BinaryAccuracy(), RNG.integers(0, 2, (ROWS, COLS))),
    (metrics.BinaryAccuracy(threshold=0.3), RNG.integers(0, 2, (ROWS, COLS))),
    (metrics.CategoricalAccuracy(), np.eye(COLS)[LABELS]),
    (metrics.SparseCategoricalAccuracy(), LABELS),
    (metrics.MeanSquaredError(), RNG.random((ROWS, COLS))),
    (metrics.MeanAbsoluteError(), RNG.random((ROWS, COLS))),
]


@pytest.mark.parametrize(("metric", "y_true"), CASES, ids=lambda case: getattr(case, "kind", ""))
def test_metrics_against_their_twin(metric, y_true) -> None:
    t = np.asarray(y_true, np.float64).reshape(ROWS, -1)
    expected = reference.metric(PREDICTIONS, t, metric.kind, metric.scalars)
    np.testing.assert_allclose(metric.rows(y_true, PREDICTIONS), expected, rtol=1e-12)
    weights = RNG.random(ROWS)
    metric.reset_state()
    assert metric.result() == 0
    metric.update_state(y_true[:4], PREDICTIONS[:4], weights[:4])
    assert metric(y_true[4:], PREDICTIONS[4:], weights[4:]) == pytest.approx(np.average(expected, weights=weights))
    metric.reset_state()
    assert metric(y_true, PREDICTIONS) == pytest.approx(expected.mean())


@pytest.mark.parametrize(("metric", "y_true"), CASES, ids=lambda case: getattr(case, "kind", ""))
def test_a_config_makes_an_equal_metric(metric, y_true) -> None:
    twin = metrics.deserialize(metrics.serialize(metric))
    assert (type(twin), twin.scalars, twin.name) == (type(metric), metric.scalars, metric.name)


@pytest.mark.parametrize("name", ["mse", "MSE", "mean_squared_error", "MeanSquaredError", "mae", "binary_accuracy"])
def test_a_metric_is_reported_under_the_name_the_user_gave(name: str) -> None:
    assert metrics.get(name).name == name


@pytest.mark.parametrize(
    ("function", "cls"),
    [
        (metrics.binary_accuracy, metrics.BinaryAccuracy),
        (metrics.categorical_accuracy, metrics.CategoricalAccuracy),
        (metrics.sparse_categorical_accuracy, metrics.SparseCategoricalAccuracy),
        (metrics.mean_squared_error, metrics.MeanSquaredError),
        (metrics.mean_absolute_error, metrics.MeanAbsoluteError),
    ],
)
def test_functions_and_classes(function, cls) -> None:
    assert type(metrics.get(function)) is type(metrics.get(cls)) is cls
    targets = next(t for metric, t in CASES if type(metric) is cls)
    np.testing.assert_array_equal(function(targets, PREDICTIONS), cls().rows(targets, PREDICTIONS))


@pytest.mark.parametrize(
    ("columns", "labels", "cls"),
    [
        (1, False, metrics.BinaryAccuracy),
        (10, True, metrics.SparseCategoricalAccuracy),
        (10, False, metrics.CategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc", "Accuracy"])
def test_accuracy_fits_the_output(name: str, columns: int, labels: bool, cls: type[metrics.Metric]) -> None:
    metric = metrics.get_for(name, columns, labels)
    assert type(metric) is cls
    assert metric.name == name


@pytest.mark.parametrize("identifier", ["accurac", 1, len, None])
def test_unknown_metrics_are_answered_with_the_known(identifier: object) -> None:
    with pytest.raises(ValueError, match=r"accuracy|metric"):
        metrics.get(identifier)


def test_targets_that_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"must be class indices from 0 to 1. Received: 2.0 at index 0"):
        metrics.SparseCategoricalAccuracy()([2], [[0.5, 0.5]])
    with pytest.raises(ValueError, match=r"must be finite numbers. Received: nan at index \(0, 0\)"):
        metrics.mean_squared_error([[np.nan]], [[0.5]])


def test_a_threshold_that_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"`threshold` must be between 0 and 1. Received: threshold=2"):
        metrics.BinaryAccuracy(threshold=2)
