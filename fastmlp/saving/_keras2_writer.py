"""Configs as Keras 2 writes them, made from those of Keras 3."""

from typing import Any

from fastmlp import _keras2, losses
from fastmlp._names import snake_case
from fastmlp.layers._configs import SHARED

_TENSOR = "__keras_tensor__"


def keras2_config(value: Any) -> Any:
    """Return the config of a model, or of anything inside it, in Keras 2's dialect."""
    if isinstance(value, list):
        return [keras2_config(each) for each in value]
    if not isinstance(value, dict):
        return value
    name, settings, registered = value.get("class_name"), value.get("config"), value.get("registered_name")
    if name == "function":
        return settings
    if name is None or not isinstance(settings, dict):
        return {key: keras2_config(each) for key, each in value.items()}
    if "input_layers" in settings:
        settings = _functional(settings)
    settings = {key: keras2_config(each) for key, each in settings.items() if key != "build_input_shape"}
    config = {"class_name": registered or name, "config": _keras2.former(name, settings)}
    return {**config, **{key: value[key] for key in ("name", "inbound_nodes", SHARED) if key in value}}


def keras2_training_config(compile_config: dict[str, Any]) -> dict[str, Any]:
    """Return what an `.h5` file keeps of `compile`.

    Losses have full names, since Keras 3 does not find short ones again. Optimizers have Keras 2's package in front of
    the class, and the class's name for their own, by which Keras 3 looks for them.
    """
    config = keras2_config(compile_config)
    optimizer = config.pop("optimizer")
    name = optimizer["class_name"]
    if ">" not in name:
        optimizer = {"class_name": f"Custom>{name}", "config": {**optimizer["config"], "name": name}}
    return {**config, "loss": _full_names(config["loss"]), "optimizer_config": optimizer}


def _full_names(value: Any) -> Any:
    if isinstance(value, str):
        return snake_case(losses.registry.find(value).__name__) if value in losses.registry else value
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _full_names(each) for key, each in value.items()}
    return [_full_names(each) for each in value] if isinstance(value, list) else value


def _functional(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a functional model with Keras 2's lists for tensors."""
    first = {layer["name"]: _counts_from(layer) for layer in settings["layers"]}
    ends_first = {layer["name"]: int("input_layers" in layer["config"]) for layer in settings["layers"]}

    def end(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: end(each) for key, each in value.items()}
        if not isinstance(value[0], str):
            return [end(each) for each in value]
        layer, call, output = value
        return [layer, call - ends_first[layer] + first[layer], output]

    def ends(value: Any) -> Any:
        new = end(value)
        return [new] if isinstance(new, list) and isinstance(new[0], str) else new

    return {
        **settings,
        "layers": [
            {**layer, "inbound_nodes": [_node(layer["name"], node, first) for node in layer["inbound_nodes"]]}
            for layer in settings["layers"]
        ],
        "input_layers": ends(settings["input_layers"]),
        "output_layers": ends(settings["output_layers"]),
    }


def _counts_from(layer: dict[str, Any]) -> int:
    """Return the number of the first call of a layer: a model that knows its inputs has called itself."""
    settings = layer["config"]
    inside = settings.get("layers") or [{}]
    return int("input_layers" in settings or inside[0].get("class_name") == "InputLayer")


def _node(layer: str, node: dict[str, Any], first: dict[str, int]) -> Any:
    """Return a call of a layer as Keras 2 writes it."""
    keywords = keras2_config(node["kwargs"])

    def argument(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == _TENSOR:
            name, call, output = value["config"]["keras_history"]
            return [name, call + first[name], output, keywords]
        if isinstance(value, dict) and "class_name" not in value:
            return {key: argument(each) for key, each in value.items()}
        if isinstance(value, list):
            return [argument(each) for each in value]
        raise ValueError(
            f"Keras 2's configs can tell of a layer's tensors only, '.keras' files of its other arguments too. "
            f"Received: {value!r} for layer '{layer}'"
        )

    if len(node["args"]) != 1 or _TENSOR in repr(keywords):
        raise ValueError(
            f"Keras 2's configs can tell of one argument a layer only, '.keras' files of all. Received: layer '{layer}'"
        )
    call = argument(node["args"][0])
    return [call] if isinstance(call, list) and isinstance(call[0], str) else call
