import pytest

from fastmlp.optimizers import SGD


def test_kinds_and_slots() -> None:
    assert (SGD().kind, SGD().hyper, SGD().slot_names) == ("sgd", (), ())
    assert (SGD(nesterov=True).kind, SGD().learning_rate) == ("sgd", 0.01)
    heavy = SGD(momentum=0.9)
    assert (heavy.kind, heavy.hyper, heavy.slot_names) == ("momentum", (0.9,), ("velocity",))
    assert SGD(momentum=0.9, nesterov=True).kind == "nesterov"


@pytest.mark.parametrize("momentum", [-0.1, 1.1, float("nan")])
def test_a_momentum_that_cannot_be(momentum: float) -> None:
    with pytest.raises(ValueError, match=r"`momentum` must be between 0 and 1. Received: momentum="):
        SGD(momentum=momentum)
