import numpy as np
import pytest

import reference
from fastmlp.layers import BatchNormalization, Dense, Input
from fastmlp.models import Model, Sequential

X = np.random.default_rng(0).normal(2, 3, (60, 5))


def test_in_training_the_batch_counts_and_the_moving_statistics_follow_it() -> None:
    layer = BatchNormalization(momentum=0.8, dtype="float64")
    y = layer(X, training=True)
    mean, variance = reference.column_moments(X)
    np.testing.assert_allclose(y, reference.normalize_columns(X, mean, variance, None, None, 1e-3), rtol=1e-12)
    np.testing.assert_allclose(layer.moving_mean.value, 0.2 * mean)
    np.testing.assert_allclose(layer.moving_variance.value, 0.8 + 0.2 * variance)


@pytest.mark.parametrize("training", [None, False])
def test_otherwise_the_moving_statistics_count_and_stay(training: bool | None) -> None:
    layer = BatchNormalization(dtype="float64")
    layer.build((None, 5))
    weights = [np.random.default_rng(i).uniform(0.5, 2, 5) for i in range(4)]
    layer.set_weights(weights)
    gamma, beta, mean, variance = weights
    expected = reference.normalize_columns(X, mean, variance, gamma, beta, 1e-3)
    np.testing.assert_allclose(layer(X, training=training), expected, rtol=1e-12)
    np.testing.assert_array_equal(layer.get_weights(), weights)


def test_a_batch_larger_than_those_of_predictions_is_one_batch() -> None:
    x = np.random.default_rng(0).normal(size=(1500, 2))
    y = BatchNormalization(epsilon=0, dtype="float64")(x, training=True)
    np.testing.assert_allclose([y.mean(axis=0), y.var(axis=0)], [[0, 0], [1, 1]], atol=1e-12)


def test_a_frozen_layer_uses_its_moving_statistics_in_training_too() -> None:
    layer = BatchNormalization()
    model = Sequential([Input((5,)), layer, Dense(1)])
    model.compile(loss="mse")
    for trainable in (True, False, True):
        layer.trainable = trainable
        before = layer.get_weights()
        model.fit(X, X[:, :1], verbose=0)
        changed = [(old != new).any() for old, new in zip(before, layer.get_weights(), strict=True)]
        assert changed == [trainable] * 4


def test_without_gamma_and_beta_a_frozen_layer_stays_as_it_is_too() -> None:
    layer = BatchNormalization(center=False, scale=False)
    model = Sequential([Input((5,)), layer])
    model.compile(loss="mse")
    model.fit(X, X, verbose=0)
    before = layer.get_weights()
    assert before[0].any()
    layer.trainable = False
    model.fit(X, X, verbose=0)
    np.testing.assert_array_equal(layer.get_weights(), before)


def test_a_model_called_in_training_uses_the_batch() -> None:
    x = Input((5,), dtype="float64")
    model = Model(x, BatchNormalization(epsilon=0, dtype="float64")(x))
    np.testing.assert_allclose(model(X, training=True).mean(axis=0), np.zeros(5), atol=1e-12)
    assert abs(model(X).mean()) > 0.1


def test_the_axis_may_be_any_but_the_batchs() -> None:
    layer = BatchNormalization(axis=1, epsilon=0, dtype="float64")
    x = np.random.default_rng(0).normal(1, 2, (7, 3, 4, 2))
    y = layer(x, training=True)
    assert layer.gamma is not None
    assert layer.gamma.shape == (3,)
    np.testing.assert_allclose(y.mean(axis=(0, 2, 3)), np.zeros(3), atol=1e-12)
    np.testing.assert_allclose(y.var(axis=(0, 2, 3)), np.ones(3))
    for axis in (0, 4, -5, "a", (1, 2)):
        with pytest.raises(ValueError, match="`axis` "):
            BatchNormalization(axis=axis)(Input((3, 4, 2)))  # type: ignore[arg-type]
