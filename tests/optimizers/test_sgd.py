import pytest

from fastmlp.optimizers import SGD
from fastmlp.variables import Variable


def test_kinds_and_slots() -> None:
    assert (SGD().kind, SGD().hyper, SGD().slot_names) == ("sgd", (), ())
    assert (SGD(nesterov=True).kind, SGD().learning_rate) == ("sgd", 0.01)
    heavy = SGD(momentum=0.9)
    assert (heavy.kind, heavy.hyper, heavy.slot_names) == ("momentum", (0.9,), ("momentum",))
    assert SGD(momentum=0.9, nesterov=True).kind == "nesterov"


def test_momentum_and_its_slot_come_and_go() -> None:
    sgd, variable = SGD(), Variable((2,))
    assert sgd.slots([variable]) == []
    sgd.momentum, sgd.nesterov = 0.5, True
    assert (sgd.kind, sgd.hyper, SGD.from_config(sgd.get_config()).kind) == ("nesterov", (0.5,), "nesterov")
    ((velocity,),) = sgd.slots([variable])
    velocity.assign([1.0, 2.0])
    sgd.momentum = 0
    assert (sgd.kind, sgd.hyper, sgd.slots([variable])) == ("sgd", (), [])
    sgd.momentum = 0.9
    ((velocity,),) = sgd.slots([variable])
    assert not velocity.value.any()


@pytest.mark.parametrize("momentum", [-0.1, 1.1, float("nan"), "a", None])
def test_a_momentum_that_cannot_be(momentum: float) -> None:
    with pytest.raises(ValueError, match=r"`momentum` must be between 0 and 1. Received: momentum="):
        SGD(momentum=momentum)
    with pytest.raises(ValueError, match=r"`momentum` must be between 0 and 1. Received: momentum="):
        SGD().momentum = momentum
