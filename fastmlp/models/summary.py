"""The table that `model.summary()` prints, in Keras 2's form."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastmlp.models._topology import nodes_by_depth, source_nodes

if TYPE_CHECKING:
    from fastmlp.layers.layer import Layer
    from fastmlp.models.model import Model


def summary_lines(
    model: "Model", line_length: int | None = None, positions: Sequence[float] | None = None
) -> Iterator[str]:
    """Yield the lines of the table.

    A model that is not a chain gets a fourth column: where each layer's inputs come from.
    """
    nodes = nodes_by_depth(model.inputs, model.outputs)
    chain = all(len(node.inputs) < 2 for node in nodes) and len({node.layer for node in nodes}) == len(nodes)
    chain = chain and len(model.inputs) == len(model.outputs) == 1
    header = ["Layer (type)", "Output Shape", "Param #"]
    if chain:
        width = line_length or 65
        shares = positions or (0.45, 0.85, 1.0)
    else:
        header.append("Connected to")
        width = line_length or 98
        shares = positions or (0.33, 0.55, 0.67, 1.0)
    ends = [int(width * share) if share <= 1 else int(share) for share in shares]
    yield f'Model: "{model.name}"'
    yield "_" * width
    yield _row(header, ends)
    yield "=" * width
    for i, layer in enumerate(model.layers):
        if i:
            yield "_" * width
        calls = [node for node in nodes if node.layer is layer]
        cells = [f"{layer.name} ({type(layer).__name__})", _shapes(calls), str(layer.count_params())]
        sources = [f"{source.layer.name}[0][0]" for node in calls for source in source_nodes(node.inputs)]
        yield _row(cells if chain else [*cells, *sources[:1]], ends)
        for source in sources[1:] if not chain else ():
            yield _row(["", "", "", source], ends)
    yield "=" * width
    yield from _totals(model)
    yield "_" * width


def _totals(model: "Layer") -> Iterator[str]:
    total = model.count_params()
    trainable = sum(variable.size for variable in model.trainable_variables)
    yield f"Total params: {total:,}"
    yield f"Trainable params: {trainable:,}"
    yield f"Non-trainable params: {total - trainable:,}"


def _shapes(calls: Sequence[Any]) -> str:
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
