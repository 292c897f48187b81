"""Every loss of arrays against Keras' own: with weights, reductions, and by the functions' names."""

from typing import Any

import numpy as np
import pytest
from losses.cases import CASES, IDS, WEIGHTS
from real_keras import keras

from fastmlp import losses

FUNCTIONS = [
    "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "huber", "log_cosh", "cosine_similarity", "poisson", "kl_divergence", "hinge", "squared_hinge", "categorical_hinge",
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "binary_focal_crossentropy",
    "categorical_focal_crossentropy", "dice", "tversky",
]  # fmt: skip


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none", "mean_with_sample_weight"])
@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
def test_as_keras(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any, reduction: str) -> None:
    ours = getattr(losses, name)(**settings, reduction=reduction)
    theirs = getattr(keras.losses, name)(**settings, reduction=reduction)
    numbers = y_pred.astype(np.float32)
    of_weights = reduction == "mean_with_sample_weight" and "ignore_class" in settings  # then those ignored count too
    for weights in (None,) if of_weights else (None, WEIGHTS):
        expected = np.asarray(theirs(y_true, numbers, sample_weight=weights))
        actual = np.asarray(ours(y_true, y_pred, sample_weight=weights))
        assert actual.shape == expected.shape
        np.testing.assert_allclose(actual, expected, rtol=2e-5, atol=1e-6)
        np.testing.assert_allclose(ours(y_true, numbers, weights), expected, rtol=2e-4, atol=1e-5)  # in float32 too


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_as_keras(name: str) -> None:
    instance = losses.get(name)
    y_true, y_pred = next(case[2:] for case in CASES if case[0] == type(instance).__name__)
    expected = np.asarray(getattr(keras.losses, name)(y_true, y_pred.astype(np.float32)))
    np.testing.assert_allclose(getattr(losses, name)(y_true, y_pred), expected, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(instance.rows(y_true, y_pred), expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
def test_settings_as_keras(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    mine, other = (getattr(room, name)(**settings).get_config() for room in (losses, keras.losses))
    assert {key: mine[key] for key in other} == other


@pytest.mark.parametrize("extreme", [0.0, 1.0])
@pytest.mark.parametrize("name", ["BinaryCrossentropy", "CategoricalCrossentropy", "KLDivergence", "Poisson"])
def test_certain_predictions_as_keras(name: str, extreme: float) -> None:
    y_true, y_pred = np.float32([[0, 1], [1, 0]]), np.float32([[extreme, 1 - extreme], [1, 1]])
    expected = float(getattr(keras.losses, name)()(y_true, y_pred))
    assert getattr(losses, name)()(y_true, y_pred) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["mse", "MAE", "mape", "msle", "kld", "bce"])
def test_names_as_keras(name: str) -> None:
    y_true, y_pred = np.float32([[0, 1], [1, 0]]), np.float32([[0.3, 0.6], [0.9, 0.4]])
    expected = np.asarray(keras.losses.get(name)(y_true, y_pred))
    np.testing.assert_allclose(losses.get(name).rows(y_true, y_pred), expected, rtol=1e-5)
    np.testing.assert_allclose(getattr(losses, name)(y_true, y_pred), expected, rtol=1e-5)
