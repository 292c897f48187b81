"""Metrics that are means over rows: against Keras, against the twin of the engine, and ones made by users."""

from typing import Any

import numpy as np
import pytest
from real_keras import keras

from fastmlp import losses, metrics

RNG = np.random.default_rng(1)
ROWS, COLUMNS = 19, 6
LOGITS = RNG.standard_normal((ROWS, COLUMNS)).astype(np.float32)
SCORES = np.round(np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True), 2)
LABELS = RNG.integers(0, COLUMNS, ROWS)
ONE_HOT = np.eye(COLUMNS, dtype=np.float32)[LABELS]
BITS = RNG.integers(0, 2, (ROWS, COLUMNS)).astype(np.float32)
NUMBERS = RNG.standard_normal((ROWS, COLUMNS)).astype(np.float32)
SHARES = RNG.random((ROWS, COLUMNS)).astype(np.float32)
WEIGHTS = RNG.random(ROWS).astype(np.float32)

# Class, arguments, targets, predictions.
CASES: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("MeanSquaredError", {}, NUMBERS, LOGITS),
    ("RootMeanSquaredError", {}, NUMBERS, LOGITS),
    ("MeanAbsoluteError", {}, NUMBERS, LOGITS),
    ("MeanAbsolutePercentageError", {}, NUMBERS, LOGITS),
    ("MeanSquaredLogarithmicError", {}, NUMBERS, LOGITS),
    ("LogCoshError", {}, NUMBERS, LOGITS),
    ("CosineSimilarity", {}, NUMBERS, LOGITS),
    ("CosineSimilarity", {"axis": 1}, NUMBERS, LOGITS),
    ("BinaryCrossentropy", {}, BITS, SCORES),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, BITS, LOGITS),
    ("CategoricalCrossentropy", {}, SHARES, SCORES),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, LOGITS),
    ("SparseCategoricalCrossentropy", {}, LABELS, SCORES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS, LOGITS),
    ("KLDivergence", {}, SHARES, SCORES),
    ("Poisson", {}, SHARES, SCORES),
    ("Hinge", {}, BITS, LOGITS),
    ("SquaredHinge", {}, 2 * BITS - 1, LOGITS),
    ("CategoricalHinge", {}, ONE_HOT, SCORES),
    ("Accuracy", {}, BITS, np.round(SCORES)),
    ("BinaryAccuracy", {}, BITS, SCORES),
    ("BinaryAccuracy", {"threshold": 0.1}, BITS, SCORES),
    ("CategoricalAccuracy", {}, ONE_HOT, SCORES),
    ("SparseCategoricalAccuracy", {}, LABELS, SCORES),
    ("SparseCategoricalAccuracy", {}, LABELS[:, None], SCORES),
    ("TopKCategoricalAccuracy", {}, ONE_HOT, SCORES),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, SCORES),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, LABELS, SCORES),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, LABELS[:, None], SCORES),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, LABELS, np.argsort(-SCORES).astype(float)),
    ("PearsonCorrelation", {}, NUMBERS, LOGITS),
    ("ConcordanceCorrelation", {}, NUMBERS, LOGITS),
]
IDS = [f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})" for name, settings, *_ in CASES]


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
def test_as_keras(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    for weights in (None, WEIGHTS):
        ours, theirs = (getattr(room, name)(**settings) for room in (metrics, keras.metrics))
        expected = float(theirs(y_true, y_pred.astype(np.float32), weights))
        for part in (slice(0, 5), slice(5, 6), slice(6, None)):
            ours.update_state(y_true[part], y_pred[part], None if weights is None else weights[part])
        assert ours.result() == pytest.approx(expected, rel=2e-5, abs=1e-6)
        ours.reset_state()
        assert ours.result() == 0
        assert ours(y_true, y_pred, weights) == pytest.approx(expected, rel=2e-5, abs=1e-6)


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
def test_settings_as_keras(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    mine, other = (getattr(room, name)(**settings) for room in (metrics, keras.metrics))
    assert {key: mine.get_config()[key] for key in other.get_config()} == other.get_config()
    twin = metrics.deserialize(metrics.serialize(mine))
    assert (type(twin), twin.get_config(), twin.engine_scalars) == (type(mine), mine.get_config(), mine.engine_scalars)


@pytest.mark.parametrize(
    "name",
    [
        *("binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy"),
        *("sparse_top_k_categorical_accuracy", "pearson_correlation", "concordance_correlation", "log_cosh"),
    ],
)
def test_functions_as_keras(name: str) -> None:
    metric = metrics.get(getattr(metrics, name))
    y_true, y_pred = next(case[2:] for case in CASES if case[0] == type(metric).__name__)
    expected = np.asarray(getattr(keras.metrics, name)(y_true, y_pred))
    np.testing.assert_allclose(getattr(metrics, name)(y_true, y_pred), expected, rtol=2e-5, atol=1e-6)


def test_a_metric_of_rows_without_columns() -> None:
    theirs = keras.metrics.BinaryAccuracy()
    assert metrics.BinaryAccuracy()([1, 0, 1], [0.9, 0.8, 0.7], [1, 2, 3]) == pytest.approx(
        float(theirs([1, 0, 1], [0.9, 0.8, 0.7], [1, 2, 3]))
    )


def test_a_loss_as_metric_has_the_sign_of_the_similarity() -> None:
    expected = -losses.CosineSimilarity()(NUMBERS, LOGITS)
    assert metrics.CosineSimilarity()(NUMBERS, LOGITS) == pytest.approx(expected, rel=1e-6)
