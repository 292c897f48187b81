"""Layers to configs and back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fastmlp import activations
from fastmlp._registry import (
    Registry,
    class_and_settings,
    constructor_arguments,
    is_known,
    serialize_keras_object,
    shortened,
)

if TYPE_CHECKING:
    from fastmlp.layers.layer import Layer

SHARED = "shared_object_id"  # Keras' key for the number of a layer that several models have


# While a model is written the numbers of its layers, while one is read the layers of these numbers.
_shared: ContextVar[dict[Any, Any] | None] = ContextVar("shared", default=None)


@contextmanager
def sharing() -> Iterator[None]:
    """Let a layer that several models of a model have be numbered in configs made in the block, and be made once."""
    token = _shared.set({})
    try:
        yield
    finally:
        _shared.reset(token)


class LayerRegistry(Registry["Layer"]):
    """The classes of layers and models. What cannot be made of a config is told with the layer's name."""

    def make(self, cls: Any, settings: dict[str, Any]) -> Any:
        """Make a layer of a class from its settings, in whichever dialect they are."""
        try:
            return super().make(cls, settings)
        except Exception as error:
            raise layer_error(settings.get("name"), cls, error) from error

    def serialize(self, instance: "Layer") -> dict[str, Any]:
        """Return the config from which `deserialize` makes an equal layer."""
        config, numbers = super().serialize(instance), _shared.get()
        return config if numbers is None else {**config, SHARED: numbers.setdefault(instance, len(numbers))}

    def deserialize(self, config: dict[str, Any] | str, custom_objects: Mapping[str, Any] | None = None) -> "Layer":
        """Make a layer from a config; the name of a class is none."""
        class_and_settings(config, self.noun)
        number = config.get(SHARED) if isinstance(config, dict) else None
        made = _shared.get()
        if made is None or not isinstance(number, int):
            return super().deserialize(config, custom_objects)
        if number not in made:
            made[number] = super().deserialize(config, custom_objects)
        layer: Layer = made[number]
        return layer


def layer_error(name: Any, cls: type, error: Exception) -> ValueError:
    """Return the error for a layer that could not be made or called, not longer for what a stranger sent."""
    text = str(error) or type(error).__name__
    return ValueError(f"Layer {shortened(name)} ({cls.__name__}): {text if len(text) < 1000 else f'{text[:997]}...'}")


registry = LayerRegistry("layer")


def settings_of(layer: "Layer", base: type) -> dict[str, Any]:
    """Return the settings of a layer for which no `get_config` between its class and `base`, Layer, answers.

    They are the arguments of the constructors, read from the attributes of the same names, and those of every layer.

    Raises
    ------
    NotImplementedError
        If there is no such attribute.
    """
    classes = type(layer).__mro__[: type(layer).__mro__.index(base)]
    answered = max((i for i, each in enumerate(classes) if "get_config" in vars(each)), default=-1) + 1
    common = [
        name
        for name in ("name", "trainable", "dtype")
        if answered or name in constructor_arguments(*type(layer).__mro__)
    ]
    settings = {name: getattr(layer, name) for name in common}
    for name in constructor_arguments(*classes[answered:]):
        if name not in settings:
            if not hasattr(layer, name):
                raise NotImplementedError(
                    f"Layer '{layer.name}' of class {type(layer).__name__} must override `get_config`: "
                    f"the argument `{name}` of its constructor is not kept in an attribute of that name."
                )
            settings[name] = _setting(getattr(layer, name))
    return settings


def _setting(value: Any) -> Any:
    """Return a setting as configs have it; what they have no name for, such as the user's functions, as it is."""
    if isinstance(value, Mapping):
        return {key: _setting(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_setting(each) for each in value)
    if callable(value) and activations.is_known(value):
        return activations.serialize(value)
    return serialize_keras_object(value) if is_known(value) else value


def serialize(layer: "Layer") -> dict[str, Any]:
    """Return the class name and the config of a layer.

    Raises
    ------
    NotImplementedError
        If a layer of your own keeps an argument to itself and has no `get_config`.
    """
    return registry.serialize(layer)


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> "Layer":
    """Make a layer from what `serialize` returned, or from what Keras 2 or 3 did.

    Parameters
    ----------
    config : dict
        With "class_name" and "config".
    custom_objects : dict, optional
        Classes and functions by name that fastmlp does not know.

    Raises
    ------
    ValueError
        If the class is unknown, or it cannot be made of the config; the message names the layer.
    """
    return registry.deserialize(config, custom_objects)
