"""From what users pass for a loss, a metric or an optimizer to the object that is meant."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastmlp._registry import Configured, Registry

T = TypeVar("T", bound=Configured)


def lookup(
    registry: Registry[T],
    base: type[T],
    identifier: object,
    functions: Mapping[Callable[..., Any], type[T]] | None = None,
    wrap: Callable[[Callable[..., Any]], T] | None = None,
) -> T:
    """Return an object of class `base`.

    Parameters
    ----------
    registry : Registry
        The known classes and their names.
    base : type
        What the object must be.
    identifier : str, dict, class, function or object
        A name, what `serialize` returned, a subclass of `base`, a known function, or the object itself.
    functions : mapping, optional
        Known functions, and the classes that are their equals.
    wrap : callable, optional
        Makes an object of any other function.

    Raises
    ------
    ValueError
        If it is none of these; an unknown name is answered with the known ones.
    """
    if isinstance(identifier, base):
        return identifier
    if isinstance(identifier, str | dict):
        found: object = registry.get(identifier)
        return found if isinstance(found, base) else lookup(registry, base, found, functions, wrap)
    if isinstance(identifier, type):
        if issubclass(identifier, base) and identifier is not base:
            return identifier()
    elif callable(identifier) and functions and identifier in functions:
        return functions[identifier]()
    elif callable(identifier) and wrap:
        return wrap(identifier)
    raise ValueError(
        f"Expected a {registry.noun}: a name, a class, a config or an object of fastmlp's. Received: {identifier!r}"
    )
