import numpy as np
import pytest

from fastmlp.layers import GaussianDropout, GaussianNoise, Input

ONES = np.ones((500, 200))


@pytest.mark.parametrize("layer", [GaussianNoise(0.5), GaussianDropout(0.3)])
def test_acts_in_training_only(layer: GaussianNoise | GaussianDropout) -> None:
    for training in (None, False):
        np.testing.assert_array_equal(layer(ONES, training=training), ONES)
    assert (layer(ONES, training=True) != layer(ONES, training=True)).any()
    y = layer(Input((3,)))
    assert (y.op, y.training) == ("noise", None)


def test_noise_of_a_standard_deviation() -> None:
    """Mean and variance within 4 standard errors."""
    noise = GaussianNoise(0.5, dtype="float64")(3 * ONES, training=True) - 3
    assert abs(noise.mean()) < 4 * 0.5 / np.sqrt(noise.size)
    assert abs(noise.var() - 0.25) < 4 * 0.25 * np.sqrt(2 / noise.size)


def test_factors_of_mean_one_and_the_variance_of_dropout() -> None:
    """Mean and variance within 4 standard errors."""
    factors = GaussianDropout(0.2, dtype="float64")(3 * ONES, training=True) / 3
    assert abs(factors.mean() - 1) < 4 * 0.5 / np.sqrt(factors.size)
    assert abs(factors.var() - 0.25) < 4 * 0.25 * np.sqrt(2 / factors.size)


def test_nothing_to_do() -> None:
    x = Input((3,))
    for layer in (GaussianNoise(0), GaussianDropout(0.0)):
        assert layer(x, training=True).op == "identity"


@pytest.mark.parametrize("stddev", [-0.1, float("nan"), "a", None])
def test_the_standard_deviation_is_not_negative(stddev: float) -> None:
    with pytest.raises(ValueError, match=r"`stddev` must be a number that is not negative. Received: stddev="):
        GaussianNoise(stddev)


@pytest.mark.parametrize("rate", [-0.1, 1, "a", None])
def test_the_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match=r"`rate` must be at least 0 and less than 1. Received: rate="):
        GaussianDropout(rate)
