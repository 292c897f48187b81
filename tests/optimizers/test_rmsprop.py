from typing import Any

import numpy as np
import pytest

import fastmlp
import reference
from fastmlp.optimizers import RMSprop


def test_defaults() -> None:
    rmsprop = RMSprop()
    assert (rmsprop.kind, rmsprop.learning_rate, rmsprop.hyper) == ("rmsprop", 0.001, (0.9, 1e-7))


def test_a_model_compiles_with_it_unless_told_otherwise() -> None:
    model = fastmlp.Sequential([fastmlp.layers.Dense(1)])
    model.compile(loss="mse")
    assert isinstance(model.optimizer, RMSprop)


def test_two_steps_by_hand() -> None:
    """One weight w = 2 and the loss w²: g = 4, v = 8, w -= 3/4 4/3; then g = 2, v = 6, w -= 3/4 2/sqrt(7)."""
    dense = fastmlp.layers.Dense(1, use_bias=False, dtype="float64")
    model = fastmlp.Sequential([fastmlp.Input((1,), dtype="float64"), dense])
    model.set_weights([np.array([[2.0]])])
    model.compile(RMSprop(0.75, rho=0.5, epsilon=1.0), "mse")
    for expected in (1.0, 1 - 1.5 / np.sqrt(7)):
        model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
        np.testing.assert_allclose(model.get_weights()[0], [[expected]], rtol=1e-15)


def test_the_plain_twin_by_hand() -> None:
    w, slots = reference.optimizer_step(
        np.array([[2.0]]), [np.array([[0.0]])], np.array([[4.0]]), "rmsprop", (0.75, 0.5, 1)
    )
    assert (w.item(), slots[0].item()) == (1.0, 8.0)


@pytest.mark.parametrize(("name", "wrong"), [("rho", 1.0), ("rho", -0.1), ("epsilon", 0.0), ("epsilon", None)])
def test_constants_that_cannot_be(name: str, wrong: Any) -> None:
    rmsprop = RMSprop()
    for give in (lambda: RMSprop(**{name: wrong}), lambda: setattr(rmsprop, name, wrong)):
        with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}={wrong!r}"):
            give()
    assert rmsprop.hyper == RMSprop().hyper


def test_constants_can_be_changed() -> None:
    rmsprop = RMSprop()
    rmsprop.rho, rmsprop.epsilon = 0, np.float32(0.25)
    assert rmsprop.hyper == (0.0, 0.25)
    assert RMSprop.from_config(rmsprop.get_config()).hyper == rmsprop.hyper
