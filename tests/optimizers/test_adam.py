from typing import Any

import numpy as np
import pytest

from fastmlp.optimizers import Adam


def test_defaults() -> None:
    adam = Adam()
    assert (adam.kind, adam.learning_rate, adam.hyper) == ("adam", 0.001, (0.9, 0.999, 1e-7))


@pytest.mark.parametrize(
    ("name", "wrong"), [("beta_1", 1.0), ("beta_2", -0.1), ("epsilon", 0.0), ("beta_1", "a"), ("epsilon", None)]
)
def test_constants_that_cannot_be(name: str, wrong: Any) -> None:
    adam = Adam()
    for give in (lambda: Adam(**{name: wrong}), lambda: setattr(adam, name, wrong)):
        with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}={wrong!r}"):
            give()
    assert adam.hyper == Adam().hyper


def test_constants_can_be_changed() -> None:
    adam = Adam()
    adam.beta_1, adam.beta_2, adam.epsilon = 0, 0.5, np.float32(0.25)
    assert adam.hyper == (0.0, 0.5, 0.25)
    assert Adam.from_config(adam.get_config()).hyper == adam.hyper
