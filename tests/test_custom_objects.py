from concurrent.futures import ThreadPoolExecutor

import pytest

from fastmlp import activations, initializers, saving, utils
from fastmlp.saving import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)


class Halves(initializers.Initializer):
    def __call__(self, shape, dtype=None):  # type: ignore[no-untyped-def]
        return initializers.Constant(0.5)(shape, dtype)


def halved(x: object) -> object:
    return x


def test_a_scope_ends() -> None:
    with CustomObjectScope({"Halves": Halves}), custom_object_scope({"halved": halved}):
        assert isinstance(initializers.get("Halves"), Halves)
        assert initializers.get({"class_name": "Halves", "config": {}})((2,)).tolist() == [0.5, 0.5]
        assert activations.get("halved") is halved
    with pytest.raises(ValueError, match="Unknown initializer: 'Halves'"):
        initializers.get("Halves")
    with pytest.raises(ValueError, match="Unknown activation: 'halved'"):
        activations.get("halved")


def test_a_scope_is_that_of_its_thread() -> None:
    with CustomObjectScope({"halved": halved}), ThreadPoolExecutor(1) as pool:
        assert pool.submit(get_registered_object, "halved").result() is None
        assert get_registered_object("halved") is halved


def test_scopes_can_be_entered_again() -> None:
    scope = CustomObjectScope({"halved": halved})
    with scope, scope:
        pass
    assert get_registered_object("halved") is None


@pytest.mark.parametrize("wrong", [3, ["halved"]])
def test_scopes_take_dicts(wrong: object) -> None:
    with pytest.raises(ValueError, match="`custom_objects` must be a dict"):
        CustomObjectScope(wrong)  # type: ignore[arg-type]


def test_registered_names() -> None:
    @register_keras_serializable("tests", "third")
    class Third(Halves):
        pass

    assert get_registered_name(Third) == "tests>third"
    assert get_registered_object("tests>third") is Third
    assert get_custom_objects()["tests>third"] is Third
    config = initializers.serialize(Third())
    assert config["registered_name"] == "tests>third"
    assert isinstance(initializers.deserialize(config), Third)
    assert get_registered_name(Halves) == "Halves"

    @register_keras_serializable("tests", "third")
    class Fourth(Halves):
        pass

    assert get_registered_object("tests>third") is Fourth
    assert get_registered_name(Third) == "Third"


def test_what_is_put_into_the_dict_is_registered() -> None:
    get_custom_objects()["halved_everywhere"] = halved
    try:
        assert activations.get("halved_everywhere") is halved
    finally:
        del get_custom_objects()["halved_everywhere"]


def test_classes_must_have_configs() -> None:
    with pytest.raises(ValueError, match="must have a method `get_config`"):
        register_keras_serializable()(int)


def test_the_order_in_which_objects_are_looked_for() -> None:
    with CustomObjectScope({"halved": 1}):
        assert get_registered_object("halved", {"halved": 2}, {"halved": 3}) == 2
        assert get_registered_object("halved", {}, {"halved": 3}) == 1
    assert get_registered_object("halved", None, {"halved": 3}) == 3


def test_the_caller_is_asked_before_the_table() -> None:
    class Zeros(Halves):
        pass

    assert isinstance(initializers.deserialize({"class_name": "Zeros"}, {"Zeros": Zeros}), Zeros)


def test_a_class_of_somebody_elses_is_not_taken_for_keras() -> None:
    config = {"module": "somebody", "class_name": "Zeros", "config": {}, "registered_name": "Zeros"}
    with pytest.raises(ValueError, match=r"Unknown initializer: 'Zeros'. Pass it in `custom_objects`"):
        initializers.deserialize(config)
    config = {"class_name": "somebody>Zeros", "config": {}}
    with pytest.raises(ValueError, match="Unknown initializer: 'somebody>Zeros'"):
        initializers.deserialize(config)
    assert isinstance(initializers.deserialize({"class_name": "Custom>Zeros", "config": {}}), initializers.Zeros)


def test_utils_have_the_same_names() -> None:
    for name in saving.__all__:
        if hasattr(utils, name):
            assert getattr(utils, name) is getattr(saving, name)
    assert utils.get_custom_objects is get_custom_objects
