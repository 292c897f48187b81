"""Functional models to configs and back: which layer is called on what.

Keras 3 notes each call of a layer as {"args": [...], "kwargs": {...}} with a dict for each tensor, Keras 2 as a list of
[layer, call, output, keywords]; both mean by (layer, call, output) the tensor that such a call of a layer returned.
What is written here is Keras 3's way; both are read.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastmlp._registry import deserialize_keras_object, serialize_keras_object, shortened
from fastmlp._structure import flatten, map_structure
from fastmlp.graph import Tensor
from fastmlp.layers import InputLayer, Layer
from fastmlp.layers._configs import layer_error, registry
from fastmlp.layers.node import Node
from fastmlp.models._topology import calls_in_order

if TYPE_CHECKING:
    from fastmlp.models.model import Model

FUNCTIONAL_KEYS = ("layers", "input_layers", "output_layers")

_MAX_SAMPLE = 2**31  # numbers between two layers for one sample


def functional_config(model: "Model") -> dict[str, Any]:
    """Return the layers of a functional model and how they are connected."""
    calls: dict[Layer, list[Node]] = {layer: [] for layer in model.layers}
    for node in calls_in_order(model.inputs, model.outputs):
        calls[node.layer].append(node)

    def place(tensor: Tensor, first: int = 0) -> list[Any]:
        node = tensor.node
        if node is None:
            raise ValueError(
                f"The config of model '{model.name}' can tell of layers only, not of operations between them. "
                f"Received: '{tensor.op}' outside of a layer"
            )
        return [node.layer.name, calls[node.layer].index(node) + first, node.outputs.index(tensor)]

    def argument(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return serialize_keras_object(value)
        settings = {"shape": list(value.shape), "dtype": value.dtype, "keras_history": place(value)}
        return {"class_name": "__keras_tensor__", "config": settings}

    def end(tensor: Tensor) -> list[Any]:
        return place(tensor, _counts_from(tensor.node and tensor.node.layer))

    return {
        "layers": [
            {
                **registry.serialize(layer),
                "name": layer.name,
                "inbound_nodes": [
                    {
                        "args": map_structure(argument, list(node.arguments)),
                        "kwargs": map_structure(argument, _given(node.keywords)),
                    }
                    for node in nodes
                    if node.arguments
                ],
            }
            for layer, nodes in calls.items()
        ],
        "input_layers": map_structure(end, model.input_structure),
        "output_layers": map_structure(end, model.output_structure),
    }


def _counts_from(layer: Any) -> int:
    """Return the number of the first call of a layer at the ends of a model: a functional model's own counts as 0."""
    return int(getattr(layer, "is_functional", False))


@dataclass(frozen=True, slots=True)
class _Place:
    """The tensor that some call of a layer returned."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of a layer as a config tells of it: with places instead of tensors."""

    layer: str
    arguments: list[Any]
    keywords: dict[str, Any]

    def places(self) -> Iterator[_Place]:
        """Return what the call waits for."""
        return (leaf for leaf in flatten([self.arguments, self.keywords]) if isinstance(leaf, _Place))


def functional_from_config(config: Mapping[str, Any]) -> tuple[Any, Any]:
    """Make layers, call them, and return the inputs and outputs of the model that a config tells of.

    Raises
    ------
    ValueError
        If the config is not that of a functional model, or one of its layers cannot be; the message names the layer.
    """
    entries = config["layers"]
    if not isinstance(entries, list | tuple) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"The 'layers' of a model must be a list of dicts. Received: {shortened(entries)}")
    layers: dict[str, Layer] = {}
    for entry in entries:
        layer = registry.deserialize(entry)
        name = entry.get("name", layer.name)
        if not isinstance(name, str) or name in layers:
            raise ValueError(f"The layers of a model must have different names. Received: {shortened(name)} again")
        layers[name] = layer
    nodes = {name: entry.get("inbound_nodes", []) for name, entry in zip(layers, entries, strict=True)}
    keras2 = any(isinstance(node, list) for each in nodes.values() if isinstance(each, list) for node in each)
    calls = {}
    for name, each in nodes.items():
        if not isinstance(each, list | tuple):
            raise ValueError(f"Layer '{name}': 'inbound_nodes' must be a list. Received: {shortened(each)}")
        first = _keras2_counts_from(layers[name]) if keras2 else 0
        for number, node in enumerate(each, start=first):
            calls[name, number] = _call(name, node)
    made = _make(layers, calls)

    def end(place: _Place) -> Tensor:
        first = 0 if keras2 else _counts_from(layers.get(place.layer))
        return _tensor(made, _Place(place.layer, place.call - first, place.output), "the model's ends")

    ends = [_map_places(end, _ends(config[key])) for key in FUNCTIONAL_KEYS[1:]]
    # Keras 2 does not tell a list of one tensor from the tensor.
    inputs, outputs = [each[0] if keras2 and isinstance(each, list) and len(each) == 1 else each for each in ends]
    return inputs, outputs


def _keras2_counts_from(layer: Layer) -> int:
    """Return the number of the first call of a layer in Keras 2: a model that knew its inputs has called itself."""
    return int(bool(getattr(layer, "inputs", ())))


def _call(layer: str, node: Any) -> _Call:
    """Return a call from either dialect."""
    if isinstance(node, dict) and "args" in node:
        arguments, keywords = _places_of(node["args"]), _places_of(node.get("kwargs", {}))
    else:
        found: list[dict[str, Any]] = []
        arguments, keywords = [_keras2_places(node, found)], found[0] if found else {}
        if isinstance(arguments[0], list) and len(arguments[0]) == 1:
            arguments = arguments[0]
    if not isinstance(arguments, list) or not isinstance(keywords, dict):
        raise ValueError(f"Layer '{layer}': a call must have 'args' and 'kwargs'. Received: {shortened(node)}")
    return _Call(layer, arguments, _given(keywords))


def _given(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords without those that say nothing, such as `training=None`."""
    return {name: value for name, value in keywords.items() if value is not None}


def _places_of(value: Any) -> Any:
    """Return the arguments of a call, with places for Keras 3's tensors."""
    if isinstance(value, list | tuple):
        return [_places_of(each) for each in value]
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        settings = value.get("config")
        return _place(settings.get("keras_history") if isinstance(settings, dict) else settings)
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _places_of(each) for key, each in value.items()}
    return deserialize_keras_object(value)


def _keras2_places(value: Any, keywords: list[dict[str, Any]]) -> Any:
    """Return the one argument of a call, with places for Keras 2's lists, and put the keywords where they belong."""
    if isinstance(value, dict):
        return {key: _keras2_places(each, keywords) for key, each in value.items()}
    if _is_place(value):
        if len(value) == 4:
            keywords.append(value[3])
        return _place(value[:3])
    if isinstance(value, list | tuple) and value:
        return [_keras2_places(each, keywords) for each in value]
    raise ValueError(f"A call of a layer must name the layers whose outputs it takes. Received: {shortened(value)}")


def _is_place(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) in (3, 4) and isinstance(value[0], str)


def _place(value: Any) -> _Place:
    if not _is_place(value) or not all(isinstance(n, int) and 0 <= n < _MAX_SAMPLE for n in value[1:3]):
        raise ValueError(f"A tensor must be named by layer, call and output. Received: {shortened(value)}")
    return _Place(*value[:3])


def _ends(value: Any) -> Any:
    """Return the inputs or outputs of a model with places for the tensors."""
    if _is_place(value):
        return _place(value)
    if isinstance(value, list | tuple):
        return [_ends(each) for each in value]
    if isinstance(value, dict):
        return {key: _ends(each) for key, each in value.items()}
    raise ValueError(f"The ends of a model must be named by layer, call and output. Received: {shortened(value)}")


def _map_places(function: Callable[[_Place], Tensor], structure: Any) -> Any:
    return map_structure(lambda leaf: function(leaf) if isinstance(leaf, _Place) else leaf, structure)


Made = dict[tuple[str, int], list[Tensor]]


def _make(layers: Mapping[str, Layer], calls: Mapping[tuple[str, int], _Call]) -> Made:
    """Make all calls, each after those whose outputs it takes, and return what they returned."""
    made: Made = {(name, 0): [layer.tensor] for name, layer in layers.items() if isinstance(layer, InputLayer)}
    begun: set[tuple[str, int]] = set()
    stack = list(calls)[::-1]
    while stack:
        key = stack[-1]
        if key in made:
            stack.pop()
            continue
        call = calls[key]
        waiting = [(place.layer, place.call) for place in call.places()]
        missing = [each for each in waiting if each not in made]
        if not missing:
            made[key] = _outputs(layers[call.layer], call, made)
            continue
        if key in begun or not all(each in calls for each in missing):
            raise ValueError(
                f"Layer '{call.layer}' takes an output of layer {shortened(missing[0][0])} that is never computed, "
                "since the config leaves a call out or goes round in a circle."
            )
        begun.add(key)
        stack.extend(missing)
    return made


def _outputs(layer: Layer, call: _Call, made: Made) -> list[Tensor]:
    """Call a layer."""
    arguments, keywords = (
        _map_places(lambda place: _tensor(made, place, f"layer '{call.layer}'"), each)
        for each in (call.arguments, call.keywords)
    )
    try:
        outputs: list[Tensor] = flatten(layer(*arguments, **keywords))
    except Exception as error:
        raise layer_error(call.layer, type(layer), error) from error
    check_sizes(call.layer, outputs)
    return outputs


def check_sizes(name: str, tensors: Sequence[Tensor]) -> None:
    """Raise a ValueError if a sample of some layer's outputs is larger than any machine could compute with."""
    for tensor in tensors:
        if math.prod(tensor.sample_shape) >= _MAX_SAMPLE:
            raise ValueError(
                f"Layer '{name}' must return fewer than 2**31 numbers a sample. Received: shape={tensor.shape}"
            )


def _tensor(made: Made, place: _Place, of: str) -> Tensor:
    tensors = made.get((place.layer, place.call), [])
    if place.output >= len(tensors):
        raise ValueError(
            f"Expected {of} to take outputs that layers have. "
            f"Received: output {place.output} of call {place.call} of layer {shortened(place.layer)}"
        )
    return tensors[place.output]
