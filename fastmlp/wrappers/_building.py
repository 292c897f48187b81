"""From a build function and hyperparameters to a compiled model."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from fastmlp import losses, metrics, optimizers
from fastmlp.models import Model
from fastmlp.wrappers._routing import (
    COMPILE,
    FIT,
    PREDICT,
    SCORE,
    Settings,
    arguments_of,
    chosen,
    made,
    routed,
    takes_any,
)

# Arguments of a build function that are no hyperparameters.
EXTRAS = ("meta", "compile_kwargs", "params")


def compile_arguments(parameters: Mapping[str, Any]) -> Settings:
    """Return the arguments for `compile` that parameters ask for, with objects of the model's own."""
    given = chosen(parameters, COMPILE, "compile")
    arguments = {name: value for name, value in given.items() if value is not None}
    for name, find in (("optimizer", optimizers.get), ("loss", losses.get), ("metrics", metrics.get)):
        settings = routed(parameters, name)
        value = arguments.get(name, "rmsprop" if settings and name == "optimizer" else None)
        if settings and value is None:
            raise ValueError(f"`{name}__{next(iter(settings))}` needs a `{name}`. Received: none")
        if isinstance(value, optimizers.Optimizer):  # its slots belong to the model that it trained
            arguments[name] = type(value).from_config({**value.get_config(), **settings})
        elif value is not None:
            arguments[name] = made(value, settings, find)
    return arguments


def build_model(build: Callable[..., Any] | Model, parameters: Mapping[str, Any], meta: Mapping[str, Any]) -> Model:
    """Return a compiled model.

    Parameters
    ----------
    build : callable or Model
        Returns a model, compiled or not; its arguments are hyperparameters, and `meta`, `compile_kwargs` or `params` if
        it has them. A model is copied with its weights.
    parameters : mapping
        The hyperparameters.
    meta : mapping
        What is known of the data.

    Raises
    ------
    ValueError
        If no compiled model comes of it, or what `compile` should be given cannot get there.
    """
    asked = compile_arguments(parameters)
    used: set[str] = set()
    if isinstance(build, Model):
        model = copy.deepcopy(build)
    else:
        arguments, used = _arguments(build, parameters, asked, meta)
        model = build(**arguments)
    if not isinstance(model, Model):
        raise ValueError(f"A build function must return a model. Received: {model!r}")
    if model.optimizer is None:
        if asked.get("loss") is None:
            raise ValueError("A model must be compiled by its build function, or the wrapper be given a `loss`.")
        model.compile(**asked)
    elif set(asked) - used:
        raise ValueError(
            "A build function that compiles its model must take what it is to be compiled with: `compile_kwargs`, or "
            f"arguments of these names. Received besides: {', '.join(sorted(set(asked) - used))}"
        )
    return model


def _arguments(
    build: Callable[..., Any], parameters: Mapping[str, Any], asked: Settings, meta: Mapping[str, Any]
) -> tuple[Settings, set[str]]:
    """Return a build function's arguments, and the names of those for `compile` that reach it."""
    names = arguments_of(build)
    of_all: Settings = {"meta": dict(meta), "compile_kwargs": asked, "params": dict(parameters)}
    arguments = {name: of_all[name] for name in EXTRAS if name in names}
    for name in names:
        if name in asked and (name not in parameters or routed(parameters, name)):
            arguments[name] = asked[name]
    arguments |= chosen({**parameters, **arguments}, names, "model")
    if takes_any(build):
        taken = {*COMPILE, *FIT, *PREDICT, *SCORE, *arguments}
        arguments |= {name: value for name, value in parameters.items() if "__" not in name and name not in taken}
    return arguments, set(asked) if "compile_kwargs" in names else set(arguments)
