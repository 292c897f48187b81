import pytest

from fastmlp._lookup import lookup
from fastmlp.losses import Loss, MeanSquaredError, registry


class Own(Loss):
    default_name = "own"
    kind = "mse"


@pytest.mark.parametrize("identifier", ["mse", MeanSquaredError, MeanSquaredError(), {"class_name": "mse"}, max])
def test_all_ways_to_name_an_object(identifier: object) -> None:
    assert type(lookup(registry, Loss, identifier, {max: MeanSquaredError})) is MeanSquaredError


def test_classes_of_the_user() -> None:
    assert type(lookup(registry, Loss, Own)) is Own


@pytest.mark.parametrize("identifier", [3, None, Loss, int, max, [1]])
def test_anything_else(identifier: object) -> None:
    with pytest.raises(ValueError, match=r"Expected a loss: a name, .* Received: "):
        lookup(registry, Loss, identifier)
