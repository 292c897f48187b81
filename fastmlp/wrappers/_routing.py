"""Which hyperparameter goes where: to the build function, `compile`, `fit`, `predict`, or an object that is made."""

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from fastmlp.models import Model

Settings = dict[str, Any]

# The words in front of "__" in a hyperparameter's name.
ROUTES = ("model", "compile", "optimizer", "loss", "metrics", "fit", "callbacks", "predict", "score")


def arguments_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the names of a function's arguments and their defaults; `inspect.Parameter.empty` where there is none."""
    return {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def takes_any(function: Callable[..., Any]) -> bool:
    """Return whether a function has a `**kwargs`."""
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(function).parameters.values())


def _plain(method: Callable[..., Any], *without: str) -> tuple[str, ...]:
    return tuple(name for name in arguments_of(method) if name not in ("self", "x", "y", *without))


COMPILE = _plain(Model.compile)
FIT = _plain(Model.fit, "sample_weight")
PREDICT = _plain(Model.predict, "callbacks")
SCORE = _plain(Model.evaluate, "callbacks", "sample_weight", "return_dict")
_OF_ROUTES = {"compile": COMPILE, "fit": FIT, "predict": PREDICT, "score": SCORE}


def chosen(parameters: Mapping[str, Any], names: Iterable[str], route: str) -> Settings:
    """Return the parameters that have one of these names, or the route in front of it, which is the stronger."""
    return {name: parameters[name] for name in names if name in parameters} | routed(parameters, route)


def routed(parameters: Mapping[str, Any], route: str) -> Settings:
    """Return the parameters whose names begin with a route, without it."""
    prefix = f"{route}__"
    return {name.removeprefix(prefix): value for name, value in parameters.items() if name.startswith(prefix)}


def check_names(names: Iterable[str], build: Callable[..., Any]) -> None:
    """Raise a ValueError for the first name that leads nowhere."""
    if takes_any(build):
        return
    own = set(arguments_of(build))
    for name in names:
        route, separator, rest = name.partition("__")
        known = own.union(COMPILE, FIT, PREDICT, SCORE)
        if name in own:
            continue
        if separator and route in ROUTES:
            known = own if route == "model" else set(_OF_ROUTES.get(route, [rest]))
            name = rest
        if name not in known:
            raise ValueError(
                "A parameter must be an argument of the build function, or of a model's `compile`, `fit`, `predict` or "
                f"`evaluate`: {', '.join(sorted(known))}; or begin with one of {', '.join(ROUTES)} and '__'. "
                f"Received: {route + separator + rest}"
            )


def made(value: Any, settings: Mapping[str, Any], find: Callable[[Any], Any]) -> Any:
    """Return an object of one's own: what is given may be used by others at the same time.

    Parameters
    ----------
    value : str, class, object, or list, tuple or dict of them
        What to make; an object is copied.
    settings : mapping
        Arguments for the constructor, for all parts of a list or dict; those for one part have its index or key and
        "__" in front.
    find : callable
        Returns the object that a name means.
    """
    if isinstance(value, list | tuple):
        return [made(each, _of_part(settings, str(i)), find) for i, each in enumerate(value)]
    if isinstance(value, Mapping) and "class_name" not in value:
        return {key: made(each, _of_part(settings, str(key)), find) for key, each in value.items()}
    if isinstance(value, type):
        return value(**settings)
    if not settings:
        return copy.deepcopy(value)
    found = find(value)
    return type(found).from_config({**found.get_config(), **settings})


def _of_part(settings: Mapping[str, Any], part: str) -> Settings:
    """Return the settings for all parts and those for one of them."""
    for_all = {name: value for name, value in settings.items() if "__" not in name}
    return for_all | routed(settings, part)
