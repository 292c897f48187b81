"""What a model's diagram shows: boxes with text, and from which others each has its data."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastmlp.graph import Tensor
from fastmlp.layers.node import Node
from fastmlp.models import Model
from fastmlp.models._topology import calls_in_order


@dataclass(eq=False)
class Box:
    """A call of a layer.

    Attributes
    ----------
    lines : list of str
        Its text.
    inside : tuple of str
        Names of the models within the model that it is in, the outermost first.
    sources : list of Box
        Where its data comes from, each once.
    """

    lines: list[str]
    inside: tuple[str, ...] = ()
    sources: list["Box"] = field(default_factory=list)


def boxes_of(model: Model, shown: Collection[str], expand_nested: bool) -> list[Box]:
    """Return the boxes of a built model, each behind its sources.

    Parameters
    ----------
    model : Model
        Built.
    shown : collection of str
        Among "names", "activations", "shapes", "dtypes" and "trainable".
    expand_nested : bool
        Whether models within it are drawn with their layers.
    """
    boxes: list[Box] = []
    _add_boxes(boxes, model, {}, (), shown, expand_nested)
    return boxes


def _add_boxes(
    boxes: list[Box],
    model: Model,
    given: dict[Tensor, list[Box]],
    inside: tuple[str, ...],
    shown: Collection[str],
    expand_nested: bool,
) -> dict[Tensor, list[Box]]:
    """Add the boxes of a model, whose inputs come from the boxes `given`; return the boxes that make each tensor."""
    made: dict[Tensor, list[Box]] = {}
    for node in calls_in_order(model.inputs, model.outputs):
        sources = list(dict.fromkeys(box for tensor in _made_by_layers(node.inputs) for box in made[tensor]))
        layer: Any = node.layer
        if expand_nested and isinstance(layer, Model) and _is_known_inside(layer):
            entering = {inner: _behind(outer, made) for inner, outer in zip(layer.inputs, node.inputs, strict=True)}
            within = _add_boxes(boxes, layer, entering, (*inside, layer.name), shown, expand_nested)
            for outer, inner in zip(node.outputs, layer.outputs, strict=True):
                made[outer] = _behind(inner, within)
            continue
        entered = [box for tensor in node.outputs for box in given.get(tensor, ())]
        box = Box(_lines(node, shown, inside), inside, sources + entered)
        boxes.append(box)
        made.update({tensor: [box] for tensor in node.outputs})
    return made


def _is_known_inside(model: Model) -> bool:
    """Tell whether a model is made of layers; a `call` of its own is one box."""
    return all(tensor.node is None or tensor.node.layer is not model for tensor in model.outputs)


def _behind(tensor: Tensor, made: dict[Tensor, list[Box]]) -> list[Box]:
    return [box for each in _made_by_layers([tensor]) for box in made[each]]


def _made_by_layers(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return those tensors that layers made; for one that an operation made, those that it was made of."""
    found: dict[Tensor, None] = {}
    stack = list(reversed(tensors))
    while stack:
        tensor = stack.pop()
        if tensor.node is not None:
            found[tensor] = None
        else:
            stack.extend(reversed(tensor.inputs))
    return list(found)


def _lines(node: Node, shown: Collection[str], inside: tuple[str, ...]) -> list[str]:
    """Return the text of the box of a call."""
    layer: Any = node.layer
    kind = type(layer).__name__
    lines = ["/".join((*inside, f"{layer.name} ({kind})" if "names" in shown else kind))]
    activation = getattr(layer, "activation", None)
    if "activations" in shown and activation is not None:
        lines.append(f"activation: {getattr(activation, '__name__', activation)}")
    if "shapes" in shown:
        if node.inputs:
            lines.append(f"input: {_listed([tensor.shape for tensor in node.inputs])}")
        lines.append(f"output: {_listed([tensor.shape for tensor in node.outputs])}")
    if "dtypes" in shown:
        lines.append(f"dtype: {_listed(dict.fromkeys(str(tensor.dtype) for tensor in node.outputs))}")
    if "trainable" in shown and layer.variables:
        lines.append("trainable" if layer.trainable else "not trainable")
    return lines


def _listed(values: Collection[Any]) -> str:
    return ", ".join(map(str, values))
