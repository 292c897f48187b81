"""Classes and functions of the user's own, by the names under which configs know them."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from typing import Any, TypeVar

T = TypeVar("T")

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
_scope: ContextVar[Mapping[str, Any]] = ContextVar("custom_objects")


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[T], T]:
    """Return a decorator that lets configs name a class or function: models that use it can then be loaded.

    Parameters
    ----------
    package : str
        Put in front of the name: "package>name".
    name : str, optional
        The class's or function's own by default.

    Raises
    ------
    ValueError
        If a class cannot be put into a config since it has no `get_config`.
    """

    def register(item: T) -> T:
        if isinstance(item, type) and not hasattr(item, "get_config"):
            raise ValueError(f"A registered class must have a method `get_config`. Received: {item!r}")
        full = f"{package}>{name or getattr(item, '__name__', type(item).__name__)}"
        if full in _registered:
            _names.pop(_registered[full], None)
        _registered[full] = item
        _names[item] = full
        return item

    return register


def get_registered_name(obj: Any) -> str:
    """Return the name under which a class or function is registered, else its own name."""
    return _names.get(obj) or str(getattr(obj, "__name__", obj))


def is_registered(obj: Any) -> bool:
    """Return whether a class or function has been given a name by `register_keras_serializable`."""
    return obj in _names


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """Return the class or function of that name, or None.

    Parameters
    ----------
    name : str
        "package>name", or a name in one of the mappings.
    custom_objects : mapping, optional
        Looked at before those of the scopes around and those registered.
    module_objects : mapping, optional
        Looked at last.
    """
    for objects in (custom_objects, _scope.get({}), _registered, module_objects):
        if objects and name in objects:
            return objects[name]
    return None


def get_custom_objects() -> dict[str, Any]:
    """Return the registered classes and functions by name; what is put into this dict is registered for all threads."""
    return _registered


class CustomObjectScope:
    """A context in which configs may name some more classes and functions.

    Parameters
    ----------
    custom_objects : mapping or None
        Classes and functions by name; added to those of the scopes around.
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        if custom_objects is not None and not isinstance(custom_objects, Mapping):
            raise ValueError(f"`custom_objects` must be a dict of classes and functions. Received: {custom_objects!r}")
        self.custom_objects = dict(custom_objects or {})
        self._tokens: list[Token[Mapping[str, Any]]] = []

    def __enter__(self) -> "CustomObjectScope":
        self._tokens.append(_scope.set({**_scope.get({}), **self.custom_objects}))
        return self

    def __exit__(self, *_: object) -> None:
        _scope.reset(self._tokens.pop())


custom_object_scope = CustomObjectScope
