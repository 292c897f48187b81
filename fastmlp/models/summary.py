"""The table that `model.summary()` prints, in Keras 2's form."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastmlp.layers.node import Node
from fastmlp.models._topology import nodes_by_depth, source_nodes

if TYPE_CHECKING:
    from fastmlp.layers.layer import Layer
    from fastmlp.models.model import Model


def summary_lines(
    model: "Model",
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> Iterator[str]:
    """Yield the lines of the table; arguments as for `Model.summary`.

    A model that is not a chain gets a fourth column: where each layer's inputs come from.
    """
    shown = list(_shown(model, expand_nested, layer_range))
    header, width, shares = ["Layer (type)", "Output Shape", "Param #"], 65, [0.45, 0.85, 1.0]
    chain = _is_chain(model)
    if not chain:
        header, width, shares = [*header, "Connected to"], 98, [0.33, 0.55, 0.67, 1.0]
    if show_trainable:
        header, width, shares = [*header, "Trainable"], width + 12, [*(0.87 * share for share in shares), 1.0]
    width = line_length or width
    ends = [int(width * share) if share <= 1 else int(share) for share in positions or shares]
    yield f'Model: "{model.name}"'
    yield "_" * width
    yield _row(header, ends)
    for i, (prefix, layer, calls) in enumerate(shown):
        yield ("_" if i else "=") * width
        cells = [f"{prefix}{layer.name} ({type(layer).__name__})", _shapes(calls), str(layer.count_params())]
        sources = [f"{source.layer.name}[0][0]" for node in calls for source in source_nodes(node.inputs)]
        cells += [] if chain else [*(sources or [""])[:1]]
        cells += [_trains(layer)] if show_trainable else []
        yield _row(cells, ends)
        for source in sources[1:] if not chain else ():
            yield _row(["", "", "", source], ends)
    yield "=" * width
    yield from _totals(model)
    yield "_" * width


def _is_chain(model: "Model") -> bool:
    nodes = nodes_by_depth(model.inputs, model.outputs)
    chain = all(len(node.inputs) < 2 for node in nodes) and len({node.layer for node in nodes}) == len(nodes)
    return chain and len(model.inputs) == len(model.outputs) == 1


def _shown(
    model: "Model", expand_nested: bool, layer_range: Sequence[str] | None = None, level: int = 0
) -> Iterator[tuple[str, "Layer", list[Node]]]:
    """Yield what the rows show: a prefix that tells of the depth, a layer, its calls in the model that it is in."""
    nodes = nodes_by_depth(model.inputs, model.outputs)
    for layer in _in_range(model.layers, layer_range):
        yield f"{'   ' * level}└ " if level else "", layer, [node for node in nodes if node.layer is layer]
        if expand_nested and hasattr(layer, "layers"):
            inner: Any = layer  # a model
            yield from _shown(inner, expand_nested, level=level + 1)


def _in_range(layers: list["Layer"], bounds: Sequence[str] | None) -> list["Layer"]:
    """Return the layers from the first whose name begins with one pattern to the last that does with the other."""
    if bounds is None:
        return layers
    if not isinstance(bounds, list | tuple) or len(bounds) != 2 or not all(isinstance(each, str) for each in bounds):
        raise ValueError(f"`layer_range` must be two strings. Received: layer_range={bounds!r}")
    first, last = ([i for i, layer in enumerate(layers) if re.match(bound, layer.name)] for bound in bounds)
    if not first or not last:
        raise ValueError(
            f"`layer_range` must match names of layers: {', '.join(layer.name for layer in layers)}. "
            f"Received: layer_range={bounds!r}"
        )
    begin, end = (first[0], last[-1]) if first[0] <= last[-1] else (last[0], first[-1])
    return layers[begin : end + 1]


def _trains(layer: "Layer") -> str:
    return "-" if not layer.variables else "Y" if layer.trainable else "N"


def _totals(model: "Layer") -> Iterator[str]:
    total = model.count_params()
    trainable = sum(variable.size for variable in model.trainable_variables)
    yield f"Total params: {total:,}"
    yield f"Trainable params: {trainable:,}"
    yield f"Non-trainable params: {total - trainable:,}"


def _shapes(calls: Sequence[Node]) -> str:
    """Return the shape that a layer's calls have in common, or "multiple"."""
    shapes = {tuple(tensor.shape for tensor in node.outputs) for node in calls}
    if len(shapes) != 1:
        return "multiple"
    shape = list(shapes.pop())
    return str(shape[0] if len(shape) == 1 and calls[0].inputs else shape)


def _row(cells: Sequence[str], ends: Sequence[int]) -> str:
    """Return cells in columns that end at `ends`, cut to leave a space between them."""
    line = ""
    for cell, end in zip(cells, ends, strict=False):
        line = (line + cell)[: end - 1].ljust(end)
    return line.rstrip()
