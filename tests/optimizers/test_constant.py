import pytest

from fastmlp.optimizers._constant import Constant


class Thing:
    size = Constant("a positive number", lambda number: number > 0)


def test_it_holds_a_float_of_each_object() -> None:
    one, other = Thing(), Thing()
    one.size, other.size = 2, 3.5
    assert (repr(one.size), other.size) == ("2.0", 3.5)
    assert isinstance(Thing.size, Constant)


@pytest.mark.parametrize("wrong", [0, float("nan"), "3", None, 1j])
def test_what_does_not_fit_is_refused_and_changes_nothing(wrong: object) -> None:
    thing = Thing()
    thing.size = 2
    with pytest.raises(ValueError, match=r"`size` must be a positive number. Received: size="):
        thing.size = wrong
    assert thing.size == 2
