"""How metrics are found by name, and what users make of them."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import reference
from fastmlp import losses, metrics, ops

RNG = np.random.default_rng(1)
ROWS, COLUMNS = 9, 4
PREDICTIONS = RNG.random((ROWS, COLUMNS))
LABELS = RNG.integers(0, COLUMNS, ROWS)
BITS = RNG.integers(0, 2, (ROWS, COLUMNS))
WEIGHTS = RNG.random(ROWS)
FUSED = [
    (metrics.BinaryAccuracy(), BITS),
    (metrics.BinaryAccuracy(threshold=0.3), BITS),
    (metrics.CategoricalAccuracy(), np.eye(COLUMNS)[LABELS]),
    (metrics.SparseCategoricalAccuracy(), LABELS),
    (metrics.MeanSquaredError(), RNG.random((ROWS, COLUMNS))),
    (metrics.MeanAbsoluteError(), RNG.random((ROWS, COLUMNS))),
]


@pytest.mark.parametrize(("metric", "y_true"), FUSED, ids=lambda case: getattr(case, "engine_kind", ""))
def test_formulas_against_the_twin_of_the_engine(metric: Any, y_true: Any) -> None:
    t = np.asarray(y_true, np.float64).reshape(ROWS, -1)
    expected = reference.metric(PREDICTIONS, t, metric.engine_kind, metric.engine_scalars)
    metric.reset_state()
    assert metric(y_true, PREDICTIONS) == pytest.approx(expected.mean())
    metric.reset_state()
    assert metric(y_true, PREDICTIONS, WEIGHTS) == pytest.approx(np.average(expected, weights=WEIGHTS))


def test_what_the_engine_summed_can_be_added() -> None:
    metric = metrics.RootMeanSquaredError()
    metric.add(8.0, 2.0)
    assert metric.result() == pytest.approx(2)
    metric.update_state([[3.0]], [[0.0]])
    assert metric.result() == pytest.approx(np.sqrt(17 / 3))


@pytest.mark.parametrize("name", ["mse", "MSE", "mean_squared_error", "MeanSquaredError", "mae", "AUC", "auc", "kld"])
def test_a_metric_is_reported_under_the_name_the_user_gave(name: str) -> None:
    assert metrics.get(name).name == name


@pytest.mark.parametrize(
    ("columns", "labels", "names"),
    [
        (1, False, ("BinaryAccuracy", "BinaryCrossentropy")),
        (10, True, ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy")),
        (10, False, ("CategoricalAccuracy", "CategoricalCrossentropy")),
    ],
)
def test_names_that_fit_the_output(columns: int, labels: bool, names: tuple[str, str]) -> None:
    for given, name in zip((("accuracy", "acc", "Accuracy"), ("crossentropy", "ce")), names, strict=True):
        for identifier in given:
            metric = metrics.get_for(identifier, columns, labels)
            assert (type(metric), metric.name) == (getattr(metrics, name), identifier)


def test_every_class_is_found_by_its_names() -> None:
    classes = {getattr(metrics, name) for name in metrics.__all__ if isinstance(getattr(metrics, name), type)}
    for cls in classes - {metrics.Metric}:
        assert metrics.registry.find(cls.__name__) is cls


def test_functions_become_their_classes_or_are_wrapped() -> None:
    assert type(metrics.get(metrics.mse)) is metrics.MeanSquaredError
    assert type(metrics.get(losses.kl_divergence)) is metrics.KLDivergence
    wrapped = metrics.get(losses.huber)
    assert (type(wrapped), wrapped.name) == (metrics.MeanMetricWrapper, "huber")


def test_a_config_of_a_wrapped_function() -> None:
    metric = metrics.MeanMetricWrapper(losses.huber, name="huber", delta=0.3)
    twin = metrics.deserialize(metrics.serialize(metric))
    assert twin.get_config() == {"name": "huber", "dtype": "float32", "fn": losses.huber, "delta": 0.3}


def test_functions_written_in_ops() -> None:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return ops.max(ops.abs(y_true - y_pred), axis=-1)

    metric = metrics.get(worst)
    expected = np.abs(BITS - PREDICTIONS).max(axis=1)
    assert (metric.name, metric.engine_kind) == ("worst", None)
    assert metric(BITS, PREDICTIONS, WEIGHTS) == pytest.approx(np.average(expected, weights=WEIGHTS))


def test_functions_of_arrays() -> None:
    def of_rows(y_true: Any, y_pred: Any) -> Any:
        return np.median(np.abs(np.asarray(y_true) - np.asarray(y_pred)), axis=1)

    def of_batches(y_true: Any, y_pred: Any) -> Any:
        return float(np.median(np.abs(np.asarray(y_true) - np.asarray(y_pred))))

    errors = np.abs(BITS - PREDICTIONS)
    metric = metrics.get(of_rows)
    metric.update_state(BITS[:3], PREDICTIONS[:3], WEIGHTS[:3])
    metric.update_state(BITS[3:], PREDICTIONS[3:], WEIGHTS[3:])
    assert metric.result() == pytest.approx(np.average(np.median(errors, axis=1), weights=WEIGHTS))
    metric = metrics.get(of_batches)
    metric.update_state(BITS[:3], PREDICTIONS[:3])
    metric.update_state(BITS[3:], PREDICTIONS[3:])
    assert metric.result() == pytest.approx((np.median(errors[:3]) + np.median(errors[3:])) / 2)


def test_an_error_of_a_function_is_the_users_to_see() -> None:
    def broken(y_true: Any, y_pred: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        metrics.get(broken)(BITS, PREDICTIONS)


class Share(metrics.Metric):
    """The share of predictions below a limit."""

    def __init__(self, limit: float = 0.5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(shape=(1,), name="count", initializer="zeros")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.total.assign_add(np.sum(y_pred < self.limit))
        self.count.assign(self.count + np.size(y_pred))

    def result(self) -> Any:
        return self.total / self.count[0]


def test_ones_own_metric() -> None:
    metric = metrics.get(Share)
    expected = (PREDICTIONS < 0.5).mean()
    assert metric(BITS, PREDICTIONS) == pytest.approx(expected)
    metric.reset_state()
    assert [float(v.sum()) for v in metric.variables] == [0, 0]
    metric.update_state(BITS, PREDICTIONS)
    for twin in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        twin.reset_state()
        twin.update_state(BITS, PREDICTIONS)
        assert twin.result() == pytest.approx(expected)
        assert metric.result() == pytest.approx(expected)
    assert Share(0.3, name="few").get_config() == {"name": "few", "dtype": "float32", "limit": 0.3}
    assert Share.from_config(Share(0.3, name="few").get_config()).limit == 0.3


def test_states() -> None:
    state = metrics.Metric().add_weight((2,), "ones")
    state.assign_sub([0.5, 0])
    state.assign_add(1)
    copied = state.numpy()
    state.assign(0)
    np.testing.assert_array_equal(copied, [1.5, 2])
    np.testing.assert_array_equal(state, [0, 0])


@pytest.mark.parametrize("identifier", ["accurac", 1, None])
def test_unknown_metrics_are_answered_with_the_known(identifier: object) -> None:
    with pytest.raises(ValueError, match=r"accuracy|metric"):
        metrics.get(identifier)


def test_what_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"`threshold` must be between 0 and 1. Received: threshold=2"):
        metrics.BinaryAccuracy(threshold=2)
    with pytest.raises(ValueError, match=r"must be class indices from 0 to 1. Received: 2 at index 0"):
        metrics.SparseCategoricalAccuracy().check(np.array([2]), 2)
    with pytest.raises(ValueError, match=r"must be finite numbers. Received: nan"):
        metrics.MeanSquaredError().check(np.array([[np.nan]]), 1)
    with pytest.raises(NotImplementedError, match="Metric must implement `update_state`"):
        metrics.Metric()([1], [1])
    with pytest.raises(NotImplementedError, match="Metric must implement `result`"):
        metrics.Metric().result()

    class Unready(metrics.Metric):
        def __init__(self) -> None:
            self.total = self.add_weight()

    with pytest.raises(RuntimeError, match=r"`Unready.__init__` must call `super\(\).__init__\(\)`"):
        Unready()
