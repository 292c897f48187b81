import numpy as np
import pytest

from fastmlp import random
from fastmlp.layers import Dropout, Input
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
