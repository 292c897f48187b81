"""Names to classes, and objects to configs: what every noun with get, serialize and deserialize shares."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from fastmlp._names import snake_case


class Configured:
    """An object whose settings are its constructor's arguments, each kept in the attribute of that name."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make an object from what `get_config` returned."""
        return cls(**config)


class HasConfig(Protocol):
    """An object that can say how to make another one like it."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        ...


T = TypeVar("T", bound=HasConfig)


def unknown_name(noun: str, name: object, known: Iterable[str]) -> ValueError:
    """Return the error for a name that is not in a table; it lists those that are."""
    return ValueError(f"Unknown {noun}: {name!r}. Known are: {', '.join(sorted(known))}.")


class Registry(Generic[T]):
    """The classes of one noun, found by class name, snake_case name or alias.

    Parameters
    ----------
    noun : str
        What the classes are, for messages: "initializer".
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._classes: dict[str, type[T]] = {}

    def add(self, *aliases: str) -> Callable[[type[T]], type[T]]:
        """Return a class decorator that enters the class under its own name, in snake_case, and under `aliases`."""

        def enter(cls: type[T]) -> type[T]:
            for name in (cls.__name__, snake_case(cls.__name__), *aliases):
                self._classes[name] = cls
            return cls

        return enter

    def find(self, name: str) -> type[T]:
        """Return the class of that name, or raise a ValueError that lists the known names."""
        try:
            return self._classes[name]
        except KeyError:
            raise unknown_name(self.noun, name, self._classes) from None

    def get(self, identifier: object) -> T:
        """Return an object: made from a name, a class or a config, or `identifier` itself if it is one already."""
        if isinstance(identifier, str):
            return self.find(identifier)()
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if isinstance(identifier, type) and identifier in self._classes.values():
            return cast(T, identifier())
        if type(identifier) in self._classes.values() or callable(identifier):
            return cast(T, identifier)
        raise ValueError(
            f"Expected the name of a known {self.noun}, a config, or an object of that kind. Received: {identifier!r}"
        )

    def serialize(self, instance: T) -> dict[str, Any]:
        """Return the class name and the config from which `deserialize` makes an equal object."""
        return {"class_name": type(instance).__name__, "config": instance.get_config()}

    def deserialize(self, config: dict[str, Any]) -> T:
        """Make an object from what `serialize` returned."""
        if not isinstance(config.get("class_name"), str):
            raise ValueError(f"A serialized {self.noun} must be a dict with a 'class_name'. Received: {config!r}")
        return self.find(config["class_name"])(**config.get("config", {}))
