import pytest

from fastmlp._registry import Configured, Registry

registry: Registry[Configured] = Registry("shape")


@registry.add("ring")
class FlatCircle(Configured):
    def __init__(self, radius: float = 1.0) -> None:
        self.radius = radius


@pytest.mark.parametrize("name", ["FlatCircle", "flat_circle", "ring", FlatCircle])
def test_a_class_is_found_by_its_names_and_itself(name: object) -> None:
    assert type(registry.get(name)) is FlatCircle


def test_objects_pass_through() -> None:
    circle = FlatCircle()
    assert registry.get(circle) is circle


def test_what_is_serialized_can_be_made_again() -> None:
    config = registry.serialize(FlatCircle(3.0))
    assert config == {
        "module": "keras.shapes",
        "class_name": "FlatCircle",
        "config": {"radius": 3.0},
        "registered_name": None,
    }
    assert registry.serialize(registry.get(config)) == config
    assert FlatCircle.from_config({"radius": 2.0}).get_config() == {"radius": 2.0}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"Unknown shape: 'square'. Known are: flat_circle, ring. One of your own"):
        registry.get("square")


@pytest.mark.parametrize("config", [{}, {"class_name": 3}])
def test_a_config_needs_a_class_name(config: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="'class_name'"):
        registry.get(config)


def test_other_things_are_refused() -> None:
    with pytest.raises(ValueError, match="Expected the name of a known shape"):
        registry.get(3)
