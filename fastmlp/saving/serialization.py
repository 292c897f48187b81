"""Whole models, and what they were compiled with, to JSON-able dicts and back, in the dialects of Keras 2 and Keras 3.

Reading never imports what a config names and never runs code: classes come from fastmlp's own tables, from
`register_keras_serializable`, and from the caller's `custom_objects`.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from fastmlp import losses, metrics, optimizers
from fastmlp._custom_objects import CustomObjectScope, get_registered_object
from fastmlp._registry import Registry, class_and_settings, serialize_keras_object, shortened
from fastmlp._structure import map_structure
from fastmlp.layers._configs import SHARED, layer_error, registry, sharing
from fastmlp.saving._keras2_writer import keras2_config, keras2_training_config
from fastmlp.variables import allowance

if TYPE_CHECKING:
    from fastmlp.models.model import Model

Dialect = Literal["keras2", "keras3"]
CustomObjects = Mapping[str, Any] | None

_MAX_TEXT = 2**26  # characters
_MAX_DEPTH = 200

_WRAPPERS = ("MeanMetricWrapper", "LossFunctionWrapper", "SumOverBatchSizeMetricWrapper")
_ACCURACY = ("accuracy", "acc")


def serialize_model(model: "Model", dialect: Dialect) -> dict[str, Any]:
    """Return the architecture of a model: a dict of what JSON knows.

    Parameters
    ----------
    model : Model
        A Sequential, a functional model, or a subclass with a `get_config`.
    dialect : {"keras2", "keras3"}
        "keras2" is what an `.h5` file keeps under `model_config`, "keras3" the `config.json` of a `.keras` file without
        its `compile_config`.

    Raises
    ------
    ValueError
        If something in the model has no config; the message names the layer.
    NotImplementedError
        If a class of your own needs a `get_config`.
    """
    with sharing():
        config: dict[str, Any] = serialize_keras_object(model)
    _forget_unshared(config)
    if dialect == "keras2":
        config = keras2_config(config)
    if "layers" not in config["config"] and model.input_structure is not None:
        shapes = map_structure(lambda tensor: list(tensor.shape), model.input_structure)
        config["build_config"] = {"input_shape": shapes}  # a subclass can only tell by being called
    return config


def deserialize_model(config: Any, custom_objects: CustomObjects = None, max_bytes: int | None = None) -> "Model":
    """Make a model from what `serialize_model` returned; the dialect is seen from the content.

    Parameters
    ----------
    config : dict
        As JSON decodes it; `parse_json` decodes within limits.
    custom_objects : dict, optional
        Classes and functions by name that fastmlp does not know.
    max_bytes : int, optional
        How much memory the weights may take; a quarter of the machine's by default.

    Raises
    ------
    ValueError
        If the config is not that of a model, names something unknown or forbidden, or is beyond the limits of depth and
        size; the message names the layer.
    """
    check_depth(config)
    if isinstance(config, dict) and isinstance(config.get("config"), list):  # a Sequential before Keras 2.2.3
        config = {**config, "config": {"layers": config["config"]}}
    with CustomObjectScope(custom_objects), allowance(max_bytes), sharing():
        model: Any = registry.deserialize(config)
        if not hasattr(model, "to_json"):
            raise ValueError(f"Expected the config of a model. Received that of a {type(model).__name__}")
        build = config.get("build_config")
        shape = build.get("input_shape") if isinstance(build, dict) else None
        if shape is not None and not model.built:
            _build(model, shape)
    return model  # type: ignore[no-any-return]


def _forget_unshared(config: dict[str, Any]) -> None:
    """Take the numbers of layers away that only one model has."""
    numbered: dict[int, list[dict[str, Any]]] = {}
    stack = [config]
    while stack:
        for layer in stack.pop()["config"].get("layers", ()):
            numbered.setdefault(layer[SHARED], []).append(layer)
            stack.append(layer)
    for layers in numbered.values():
        if len(layers) == 1:
            del layers[0][SHARED]


def _build(model: "Model", shape: Any) -> None:
    """Build a subclass for inputs of some shape."""
    try:
        model.build(shape)
    except Exception as error:
        raise layer_error(model.name, type(model), error) from error


def serialize_compile(model: "Model", dialect: Dialect) -> dict[str, Any] | None:
    """Return what `compile` was given, or None for a model that is not compiled.

    Parameters
    ----------
    model : Model
        Compiled or not.
    dialect : {"keras2", "keras3"}
        "keras2" is what an `.h5` file keeps under `training_config`, "keras3" the `compile_config` of a `.keras` file.

    Raises
    ------
    ValueError
        If a loss, a metric or the learning rate is a function without a name, which no config can tell of.
    """
    given = model.compile_arguments
    if given is None:
        return None
    config = {
        "optimizer": serialize_keras_object(model.optimizer),
        "loss": _map_leaves(_named, given["loss"], losses.registry),
        "loss_weights": serialize_keras_object(given["loss_weights"]),
        "metrics": _for_each_output(model, _map_leaves(_named, given["metrics"], metrics.registry)),
        "weighted_metrics": _for_each_output(model, _map_leaves(_named, given["weighted_metrics"], metrics.registry)),
        "run_eagerly": given["run_eagerly"],
        "steps_per_execution": given["steps_per_execution"],
    }
    return config if dialect == "keras3" else keras2_training_config(config)


def compile_from(model: "Model", config: Any, custom_objects: CustomObjects = None) -> None:
    """Compile a model as `serialize_compile` noted it; the dialect is seen from the content.

    Parameters
    ----------
    model : Model
        To be compiled.
    config : dict
        `training_config` or `compile_config`.
    custom_objects : dict, optional
        Losses, metrics and optimizers by name that fastmlp does not know.

    Raises
    ------
    ValueError
        If it is no such config, or names something unknown or impossible.
    """
    check_depth(config)
    optimizer = config.get("optimizer_config", config.get("optimizer")) if isinstance(config, dict) else None
    keras3 = isinstance(config, dict) and "optimizer" in config
    if not isinstance(optimizer, dict | str):
        raise ValueError(f"A compile config must be a dict with an optimizer. Received: {shortened(config)}")

    def read(value: Any) -> Any:
        made = _map_leaves(_made, value, metrics.registry)
        return [[each] for each in made] if keras3 and _is_flat(model, made) else made

    with CustomObjectScope(custom_objects):
        model.compile(
            optimizer=optimizers.get(optimizer),
            loss=_map_leaves(_made, config.get("loss"), losses.registry),
            loss_weights=config.get("loss_weights"),
            metrics=read(config.get("metrics")),
            weighted_metrics=read(config.get("weighted_metrics")),
            run_eagerly=bool(config.get("run_eagerly")),
            steps_per_execution=config.get("steps_per_execution") or 1,
        )


def _map_leaves(function: Callable[[Any, Registry[Any]], Any], value: Any, known: Registry[Any]) -> Any:
    """Return losses or metrics, also in lists by output and dicts by name, with a function applied to each."""
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _map_leaves(function, each, known) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_map_leaves(function, each, known) for each in value]
    return value if value is None else function(value, known)


def _is_flat(model: "Model", value: Any) -> bool:
    """Tell whether metrics are a list that Keras 3 reads as one for each output, fastmlp as all for each output."""
    return len(model.outputs) > 1 and isinstance(value, list) and not any(isinstance(each, list) for each in value)


def _for_each_output(model: "Model", value: Any) -> Any:
    """Return metrics so that both Keras 2 and Keras 3 read them as fastmlp does."""
    return [value] * len(model.outputs) if _is_flat(model, value) else value


def _named(value: Any, known: Registry[Any]) -> Any:
    """Return the name or config of a loss or metric as users give it."""
    if isinstance(value, type):
        value = value()
    name = getattr(value, "__name__", None)
    if name in known and getattr(value, "__module__", "").startswith("fastmlp."):
        return name  # one of fastmlp's functions
    return serialize_keras_object(value)


def _made(value: Any, known: Registry[Any]) -> Any:
    """Return a loss or metric that can be given to `compile`."""
    if isinstance(value, str):
        return get_registered_object(value) or value
    if isinstance(value, dict) and value.get("class_name") in _WRAPPERS:  # Keras 2's classes around functions
        settings = class_and_settings(value, known.noun)[1]
        name, function = settings.get("name"), settings.get("fn")
        return name if name in _ACCURACY else _made(function, known)
    return known.deserialize(value)


def parse_json(text: str | bytes) -> Any:
    """Decode JSON from a stranger.

    Raises
    ------
    ValueError
        If it is not JSON, longer than 2**26 characters, nested deeper than 200, or holds NaN or infinities.
    """
    if len(text) > _MAX_TEXT:
        raise ValueError(f"A config must be shorter than 2**26 characters. Received: {len(text)}")
    try:
        config = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"A config must be JSON with finite numbers. Received: {shortened(text)} ({shortened(str(error))})"
        ) from None
    check_depth(config)
    return config


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not finite")


def check_depth(config: Any) -> None:
    """Raise a ValueError if a config is nested deeper than any model needs."""
    level = [config]
    for _ in range(_MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, dict | list | tuple)
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list | tuple)
        ]
        if not level:
            return
    raise ValueError(f"A config must not be nested deeper than {_MAX_DEPTH}.")
