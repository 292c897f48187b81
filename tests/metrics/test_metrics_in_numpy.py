"""Metrics that gather in NumPy, against those of Keras itself and of scikit-learn."""

from typing import Any

import numpy as np
import pytest
from real_keras import keras
from sklearn import metrics as sklearn_metrics

from fastmlp import metrics

RNG = np.random.default_rng(5)
ROWS, COLUMNS = 61, 4
# Half of the scores fall on thresholds; some are 0 and 1.
SCORES = RNG.random((ROWS, COLUMNS)).astype(np.float32)
SCORES[::2] = np.round(SCORES[::2], 1)
BITS = (RNG.random((ROWS, COLUMNS)) < SCORES * 0.8).astype(np.float32)
LABELS = RNG.integers(0, COLUMNS, ROWS)
ONE_HOT = np.eye(COLUMNS, dtype=np.float32)[LABELS]
NUMBERS = RNG.standard_normal((ROWS, COLUMNS)).astype(np.float32)
NEAR = (NUMBERS + RNG.standard_normal((ROWS, COLUMNS)) / 2).astype(np.float32)
WEIGHTS = RNG.random(ROWS).astype(np.float32)

CASES: list[tuple[str, dict[str, Any], Any, Any]] = [
    *[
        (name, settings, BITS, SCORES)
        for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "Precision", "Recall")
        for settings in (
            {},
            {"thresholds": 0.3},
            {"thresholds": [0.9, 0.2, 0.5]},
            {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]},
        )
    ],
    *[
        (name, settings, BITS, SCORES)
        for name in ("Precision", "Recall")
        for settings in ({"top_k": 2}, {"class_id": 1}, {"top_k": 3, "class_id": 0, "thresholds": [0.1, 0.6]})
    ],
    *[
        ("AUC", settings, BITS, SCORES)
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "minoring", "majoring")
        for settings in (
            {"curve": curve, "summation_method": method},
            {"curve": curve, "summation_method": method, "num_thresholds": 11, "multi_label": True},
        )
    ],
    ("AUC", {"num_thresholds": 2}, BITS, SCORES),
    ("AUC", {"thresholds": [0.25, 0.5, 0.75]}, BITS, SCORES),
    ("AUC", {"thresholds": []}, BITS, SCORES),
    ("AUC", {"thresholds": [0.6, 0.15, 0.3]}, BITS, SCORES),
    ("AUC", {"label_weights": [0.1, 0.4, 0.3, 0.2]}, BITS, SCORES),
    ("AUC", {"multi_label": True, "num_labels": COLUMNS, "label_weights": [0.1, 0.4, 0.3, 0.2]}, BITS, SCORES),
    ("AUC", {"multi_label": True, "thresholds": [0.1, 0.2]}, BITS, SCORES),
    ("AUC", {"from_logits": True}, BITS, NUMBERS),
    *[
        (name, {argument: share, **settings}, BITS, SCORES)
        for name, argument in (
            ("SensitivityAtSpecificity", "specificity"),
            ("SpecificityAtSensitivity", "sensitivity"),
            ("PrecisionAtRecall", "recall"),
            ("RecallAtPrecision", "precision"),
        )
        for share in (0.4, 1.0)
        for settings in ({}, {"num_thresholds": 1}, {"num_thresholds": 2, "class_id": 2})
    ],
    *[
        ("FBetaScore", {"average": average, "beta": beta, "threshold": threshold}, BITS, SCORES)
        for average in (None, "micro", "macro", "weighted")
        for beta in (0.5, 2.0)
        for threshold in (None, 0.4)
    ],
    ("F1Score", {"average": "macro"}, ONE_HOT, SCORES),
    ("F1Score", {}, ONE_HOT, SCORES),
    ("R2Score", {}, NUMBERS, NEAR),
    ("R2Score", {"class_aggregation": None}, NUMBERS, NEAR),
    ("R2Score", {"class_aggregation": "variance_weighted_average", "num_regressors": 3}, NUMBERS, NEAR),
]
IDS = [f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})" for name, settings, *_ in CASES]


def split(*arrays: Any) -> list[tuple[Any, ...]]:
    """Return the arrays' rows in three parts."""
    return [tuple(array[part] for array in arrays) for part in (slice(0, 7), slice(7, 40), slice(40, None))]


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_as_keras(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any, weighted: bool) -> None:
    ours, theirs = getattr(metrics, name)(**settings), getattr(keras.metrics, name)(**settings)
    data = (y_true, y_pred, WEIGHTS) if weighted else (y_true, y_pred)
    theirs.update_state(*data)
    expected = np.asarray(theirs.result())
    assert_near(ours(*data), expected)
    ours.reset_state()
    for part in split(*data):
        ours.update_state(*part)
    assert_near(ours.result(), expected)


def assert_near(actual: Any, expected: Any) -> None:
    """Compare with what Keras summed in float32."""
    np.testing.assert_allclose(actual, expected, rtol=2e-5, atol=1e-6 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
def test_a_config_makes_an_equal_metric(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    metric = getattr(metrics, name)(**settings)
    twin = metrics.deserialize(metrics.serialize(metric))
    assert (type(twin), twin.get_config()) == (type(metric), metric.get_config())
    np.testing.assert_array_equal(twin(y_true, y_pred), metric(y_true, y_pred))
    mine, other = metric.get_config(), getattr(keras.metrics, name)(**settings).get_config()
    assert {key for key in other if key not in mine} == set()


@pytest.mark.parametrize("name", ["AUC", "F1Score", "R2Score", "Precision"])
def test_the_variables_of_one_metric_can_be_given_to_another(name: str) -> None:
    for settings in ({}, {"multi_label": True}) if name == "AUC" else ({},):
        metric, other = (getattr(metrics, name)(**settings) for _ in range(2))
        metric.update_state(BITS[:30], SCORES[:30])
        other.restore([variable.tolist() for variable in metric.variables])
        np.testing.assert_array_equal(other(BITS[30:], SCORES[30:]), metric(BITS[30:], SCORES[30:]))


def test_as_scikit_learn() -> None:
    bits, scores = BITS[:, 0], SCORES[:, 0]
    auc = metrics.AUC(num_thresholds=5000)(bits, scores)
    assert auc == pytest.approx(sklearn_metrics.roc_auc_score(bits, scores), abs=2e-3)
    chosen = (SCORES > 0.4).astype(int)
    for average in ("micro", "macro", "weighted"):
        expected = sklearn_metrics.f1_score(BITS, chosen, average=average, sample_weight=WEIGHTS)
        assert metrics.F1Score(average, threshold=0.4)(BITS, SCORES, WEIGHTS) == pytest.approx(expected, abs=1e-6)
    expected = sklearn_metrics.r2_score(NUMBERS, NEAR, sample_weight=WEIGHTS)
    assert metrics.R2Score()(NUMBERS, NEAR, WEIGHTS) == pytest.approx(expected)
    assert metrics.Precision()(bits, scores) == pytest.approx(sklearn_metrics.precision_score(bits, scores > 0.5))
    assert metrics.Recall()(bits, scores) == pytest.approx(sklearn_metrics.recall_score(bits, scores > 0.5))


@pytest.mark.parametrize("bit", [0.0, 1.0])
@pytest.mark.parametrize("name", ["AUC", "Precision", "Recall", "F1Score", "TruePositives", "FalsePositives"])
def test_targets_of_one_kind_only(name: str, bit: float) -> None:
    y_true = np.full((9, 1), bit, np.float32)
    ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
    theirs.update_state(y_true, SCORES[:9, :1])
    np.testing.assert_allclose(ours(y_true, SCORES[:9, :1]), np.asarray(theirs.result()), rtol=1e-6)


def test_a_last_axis_of_one_may_be_left_out() -> None:
    for y_true in (BITS[:, 0], BITS[:, :1]):
        for y_pred in (SCORES[:, 0], SCORES[:, :1]):
            assert metrics.AUC()(y_true, y_pred, WEIGHTS) == metrics.AUC()(BITS[:, 0], SCORES[:, 0], WEIGHTS)
            assert metrics.R2Score()(y_true[:, None] if y_true.ndim == 1 else y_true, y_pred) < 1


def test_predictions_that_are_no_numbers_exceed_no_threshold() -> None:
    broken = SCORES.copy()
    broken[:5] = np.nan
    for metric in (metrics.TruePositives(), metrics.TruePositives([0, 0.5, 1]), metrics.TruePositives([0.1, 0.5])):
        expected = metric(BITS[5:], SCORES[5:])
        metric.reset_state()
        np.testing.assert_array_equal(metric(BITS, broken), expected)


def test_nothing_yet() -> None:
    assert metrics.AUC(multi_label=True).result() == metrics.F1Score().result() == metrics.Recall().result() == 0
    assert np.isnan(metrics.R2Score().result())


def test_means_and_sums() -> None:
    values = RNG.random((9, 3))
    for ours, theirs in ((metrics.Mean(), keras.metrics.Mean()), (metrics.Sum(), keras.metrics.Sum())):
        for arguments in ((values,), (values, WEIGHTS[:9]), (values, values), (3.0,), (3.0, 0.5), (values[0],)):
            ours.update_state(*arguments)
            theirs.update_state(*arguments)
        assert ours.result() == pytest.approx(float(theirs.result()), rel=1e-6)
        ours.reset_state()
        assert ours.result() == 0


def test_names_count_up_as_in_keras() -> None:
    class MyMetric(metrics.Metric):
        pass

    assert [MyMetric().name, MyMetric().name, MyMetric(name="x").name] == ["my_metric", "my_metric_1", "x"]
    assert metrics.F1Score().name == "f1_score"
    assert metrics.get("AUC").name == "AUC"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.AUC(curve="R"), "Unknown curve: 'R'. Known are: PR, PRGAIN, ROC."),
        (lambda: metrics.AUC(summation_method="best"), "Unknown summation method: 'best'"),
        (lambda: metrics.AUC(num_thresholds=1), "`num_thresholds` must be at least 2. Received: num_thresholds=1"),
        (lambda: metrics.AUC(num_labels=2), "`num_labels` goes with `multi_label=True` only"),
        (lambda: metrics.AUC(multi_label=True)([1.0], [0.5]), r"must have rank 2. Received: shape=\(1,\)"),
        (lambda: metrics.Precision(thresholds=[0.1, 2]), "must be numbers between 0 and 1. Received: thresholds="),
        (lambda: metrics.Recall(class_id=1)([1.0], [0.5]), r"`y_pred` must have columns. Received: shape=\(1,\)"),
        (lambda: metrics.Recall()([1.0, 0.0], [0.5]), r"must have the shape of `y_pred`, \(1,\)"),
        (lambda: metrics.Recall()([1.0], [0.5], [1.0, 2.0]), r"`sample_weight` must have shape \(1,\)"),
        (lambda: metrics.PrecisionAtRecall(2), "`recall` must be between 0 and 1. Received: recall=2"),
        (lambda: metrics.RecallAtPrecision(0.5, 0), "`num_thresholds` must be a positive integer"),
        (lambda: metrics.F1Score("best"), "`average` must be 'micro', 'macro', 'weighted' or None"),
        (lambda: metrics.F1Score(threshold=2), "`threshold` must be above 0 and not above 1. Received: threshold=2"),
        (lambda: metrics.FBetaScore(beta=0), "`beta` must be a positive number. Received: beta=0"),
        (lambda: metrics.F1Score()([1.0], [0.5]), r"expects arrays of shape \(rows, classes\)"),
        (lambda: metrics.R2Score("mean"), "`class_aggregation` must be"),
        (lambda: metrics.R2Score(num_regressors=-1), "`num_regressors` must not be negative"),
        (lambda: metrics.R2Score()([[[1.0]]], [[[1.0]]]), r"expects arrays of shape \(rows, columns\)"),
    ],
)
def test_what_cannot_be(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_r2_is_not_adjusted_for_more_variables_than_samples() -> None:
    metric = metrics.R2Score(num_regressors=500)
    metric.update_state(NUMBERS, NEAR)
    with pytest.warns(UserWarning, match="cannot be adjusted for num_regressors=500 with 244 samples"):
        assert metric.result() == pytest.approx(metrics.R2Score()(NUMBERS, NEAR))
