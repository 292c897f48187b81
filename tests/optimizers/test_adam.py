from typing import Any

import pytest

from fastmlp.optimizers import Adam


def test_defaults() -> None:
    adam = Adam()
    assert (adam.kind, adam.learning_rate, adam.hyper) == ("adam", 0.001, (0.9, 0.999, 1e-7))


@pytest.mark.parametrize("wrong", [{"beta_1": 1.0}, {"beta_2": -0.1}, {"epsilon": 0.0}])
def test_constants_that_cannot_be(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f"`{name}` must be .* Received: {name}="):
        Adam(**wrong)
