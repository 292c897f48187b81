"""Models from other models: copies with new weights, and models from JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from fastmlp._structure import flatten, map_structure
from fastmlp.graph import Tensor, replay
from fastmlp.layers import Input, InputLayer, Layer
from fastmlp.models._topology import calls_in_order
from fastmlp.models.model import Model
from fastmlp.models.sequential import Sequential
from fastmlp.saving.serialization import compile_from, deserialize_model, parse_json


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Make a model from what `to_json` of fastmlp, Keras 2 or Keras 3 returned; compiled if Keras 3's was.

    Parameters
    ----------
    json_string : str
        JSON. It cannot run code: a Lambda layer is refused.
    custom_objects : dict, optional
        Classes and functions by name that fastmlp does not know.

    Raises
    ------
    ValueError
        If it is not the JSON of a model, or a layer in it is unknown or impossible; the message names the layer.
    """
    config = parse_json(json_string)
    model = deserialize_model(config, custom_objects)
    if config.get("compile_config"):
        compile_from(model, config["compile_config"], custom_objects)
    return model


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
) -> Any:
    """Return a model like another one, with new layers and newly initialised weights; it is not compiled.

    Parameters
    ----------
    model : Model
        A Sequential, a functional model, or a subclass whose `get_config` gives all that `from_config` needs.
    input_tensors : Tensor or list, tuple or dict of Tensor, optional
        What the new model starts from; made by `Input`.
    clone_function : callable, optional
        Makes the new layer of each old one, or returns the old one to share it; by default it is made of its config.
    call_function : callable, optional
        Called as `call_function(layer, *args, **kwargs)` in place of each new layer of a functional model.
    recursive : bool
        Whether `clone_function` is asked for the layers of models inside instead of these models.

    Raises
    ------
    ValueError
        If a subclass is to be cloned in another way than by its config.
    """
    if not isinstance(model, Model):
        raise ValueError(f"`model` must be a model. Received: model={model!r}")
    stacked = isinstance(model, Sequential) and type(model).__init__ is Sequential.__init__
    if stacked and call_function is not None:
        raise ValueError("`call_function` is for functional models. Received: a Sequential")
    if not stacked and not model.is_functional:
        if input_tensors is not None or clone_function is not None or call_function is not None:
            raise ValueError(f"Model '{model.name}' of class {type(model).__name__} can only be cloned by its config.")
        return type(model).from_config(model.get_config())

    clones: dict[Layer, Layer] = {}

    def clone(layer: Layer) -> Layer:
        if layer not in clones:
            inside = isinstance(layer, Model) and (recursive or clone_function is None)
            if inside and (layer.is_functional or isinstance(layer, Sequential)):  # type: ignore[attr-defined]
                clones[layer] = clone_model(layer, None, clone_function, None, recursive)  # type: ignore[arg-type]
            else:
                clones[layer] = (clone_function or _copy)(layer)
        return clones[layer]

    if isinstance(model, Sequential):
        return _clone_stack(model, input_tensors, clone)
    return _clone_graph(model, input_tensors, clone, call_function or _call)


def _copy(layer: Layer) -> Layer:
    return type(layer).from_config(layer.get_config())


def _call(layer: Layer, *args: Any, **kwargs: Any) -> Any:
    return layer(*args, **kwargs)


def _inputs(model: Model, input_tensors: Any) -> list[Tensor]:
    """Return the tensors that the clone starts from."""
    if input_tensors is None:
        return [Input(tensor.sample_shape, name=tensor.name, dtype=tensor.dtype) for tensor in model.inputs]
    given: list[Tensor] = flatten(input_tensors)
    if len(given) != len(model.inputs):
        raise ValueError(f"`input_tensors` must be {len(model.inputs)} tensors. Received: {input_tensors!r}")
    return [each.tensor if isinstance(each, InputLayer) else each for each in given]


def _clone_stack(model: Sequential, input_tensors: Any, clone: Callable[[Layer], Layer]) -> Sequential:
    start = _inputs(model, input_tensors) if model.built or input_tensors is not None else []
    return type(model)([*start, *map(clone, model.layers)], name=model.name, trainable=model.trainable)


def _clone_graph(model: Model, input_tensors: Any, clone: Callable[[Layer], Layer], call: Callable[..., Any]) -> Model:
    new = dict(zip(model.inputs, _inputs(model, input_tensors), strict=True))

    def moved(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return new[value] if value in new else replay([value], new)[0]  # an operation between layers

    for node in calls_in_order(model.inputs, model.outputs):
        if node.arguments:
            outputs = call(
                clone(node.layer), *map_structure(moved, node.arguments), **map_structure(moved, node.keywords)
            )
            new.update(zip(node.outputs, flatten(outputs), strict=True))
    ends = [map_structure(moved, each) for each in (model.input_structure, model.output_structure)]
    return type(model)(*ends, name=model.name, trainable=model.trainable)
