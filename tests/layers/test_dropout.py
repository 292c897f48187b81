from collections.abc import Sequence

import numpy as np
import pytest

from fastmlp import random
from fastmlp.layers import AlphaDropout, Dropout, Input
from fastmlp.models import Model


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan"), "a"])
def test_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match=r"`rate` must be at least 0 and less than 1. Received: rate="):
        Dropout(rate)


def test_the_seed_is_an_integer() -> None:
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        Dropout(0.5, seed="x")  # type: ignore[arg-type]


def test_on_arrays_it_acts_only_when_training() -> None:
    x = np.ones((50, 200), np.float32)
    layer = Dropout(0.25, seed=1)
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer(x, training=False), x)
    y = layer(x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1) / np.float32(0.75)}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)


def test_on_arrays_every_call_draws_anew_and_a_seed_makes_it_repeatable() -> None:
    x = np.ones((4, 50), np.float32)
    for layer in (Dropout(0.5), Dropout(0.5, seed=3)):
        random.set_seed(1)
        first, second = layer(x, training=True), layer(x, training=True)
        assert (first != second).any()
        random.set_seed(1)
        np.testing.assert_array_equal(layer(x, training=True), first)


def test_layers_draw_differently() -> None:
    x = np.ones((4, 50), np.float32)
    y = Input((50,))
    for one, other in ((Dropout(0.5), Dropout(0.5)), (Dropout(0.5, seed=1), Dropout(0.5, seed=2))):
        first, second = Model(y, [one(y), other(y)])(x, training=True)
        assert (first != second).any()


def test_a_seed_is_mixed_with_the_layers_place_and_differs_from_none() -> None:
    x = np.ones((4, 50), np.float32)
    y = Input((50,))
    first, second = Model(y, [Dropout(0.5, seed=1)(y), Dropout(0.5)(y)])(x, training=True)
    assert (first != second).any()
    masks = set()
    for seed in (None, 0, 1, 2**32 - 1):
        random.set_seed(1)
        masks.add(Dropout(0.5, seed=seed)(x, training=True).tobytes())
    assert len(masks) == 4


@pytest.mark.parametrize(("training", "op"), [(None, "noise"), (True, "noise"), (False, "identity")])
def test_on_tensors_the_model_decides_unless_told(training: bool | None, op: str) -> None:
    y = Dropout(0.5)(Input((3,)), training=training)
    assert (y.op, y.training) == (op, training or None)


@pytest.mark.parametrize("noise_shape", [(None, 1, 5), (None, 4, 1), (1, 4, 5), [1, None, None]])
def test_elements_share_their_fate_along_axes_of_noise_shape(noise_shape: Sequence[int | None]) -> None:
    x = np.random.default_rng(0).uniform(1, 2, (30, 4, 5))
    layer = Dropout(0.5, noise_shape=noise_shape, seed=1, dtype="float64")
    np.testing.assert_array_equal(layer(x), x)
    y = layer(x, training=True)
    kept = y != 0
    np.testing.assert_allclose(y[kept], 2 * x[kept])
    shared = tuple(axis for axis, size in enumerate(noise_shape) if size == 1)
    assert (kept.all(axis=shared) | ~kept.any(axis=shared)).all()
    assert kept.any()
    assert not kept.all()


@pytest.mark.parametrize("noise_shape", [(30, 1, 1), (None, 4), (None, 2, 5)])
def test_a_noise_shape_is_that_of_the_input_but_for_ones(noise_shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ValueError, match=r"`noise_shape` must have the sizes of the input, \(None, 4, 5\), or 1"):
        Dropout(0.5, noise_shape=noise_shape)(Input((4, 5)))


def test_a_noise_shape_acts_in_training_only() -> None:
    x = np.ones((40, 3), np.float32)
    for layer in (Dropout(0.5, noise_shape=(None, 1)), AlphaDropout(0.5, noise_shape=(None, 1))):
        inputs = Input((3,))
        model = Model(inputs, layer(inputs))
        np.testing.assert_array_equal(model.predict(x, verbose=0), x)
        assert (model(x, training=True) != x).any()


@pytest.mark.parametrize("noise_shape", ["ab", (0, 1), (1.5,), 3, ()])
def test_the_noise_shape_is_one(noise_shape: object) -> None:
    with pytest.raises(ValueError, match="`noise_shape` must be a tuple of positive integers or None"):
        Dropout(0.5, noise_shape=noise_shape)  # type: ignore[arg-type]


@pytest.mark.parametrize("noise_shape", [None, (None, None)])
def test_alpha_dropout_keeps_mean_and_variance(noise_shape: tuple[None, None] | None) -> None:
    """Of standard normal numbers, within 4 standard errors; those dropped all have one value."""
    x = np.random.default_rng(0).standard_normal((400, 500))
    layer = AlphaDropout(0.3, noise_shape, dtype="float64")
    np.testing.assert_array_equal(layer(x), x)
    y = layer(x, training=True)
    values, counts = np.unique(y, return_counts=True)
    dropped = counts.max() / y.size
    assert abs(dropped - 0.3) < 4 * np.sqrt(0.3 * 0.7 / y.size)
    assert abs(y.mean()) < 4 / np.sqrt(y.size)
    assert abs(y.var() - 1) < 4 * np.sqrt(2 / y.size)
    factor = 1 / np.sqrt(0.7 * (1 + 0.3 * 1.7580993408473766**2))
    lowest = factor * -1.7580993408473766 * 0.7
    assert values[counts.argmax()] == pytest.approx(lowest)
    np.testing.assert_allclose(
        y[y != values[counts.argmax()]][:9], (factor * (x + 0.3 * 1.7580993408473766))[y != values[counts.argmax()]][:9]
    )
