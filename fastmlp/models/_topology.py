"""Which layers lie between a model's inputs and outputs, and in which order Keras lists them."""

from collections.abc import Iterator, Sequence

from fastmlp.graph import Tensor
from fastmlp.layers.node import Node


def nodes_by_depth(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Node]:
    """Return the calls of layers that lead from `inputs` to `outputs`, those farthest from the outputs first.

    A layer called several times counts as deep as its deepest call. Among calls of equal depth the one comes first
    that is met first on a walk from the outputs back to the inputs.
    """
    met, finished = _walk_back(outputs)
    node_depth: dict[Node, int] = {}
    layer_depth: dict[object, int] = {}
    for node in reversed(finished):
        depth = max(node_depth.get(node, 0), layer_depth.get(node.layer, 0))
        node_depth[node] = layer_depth[node.layer] = depth
        for source in source_nodes(node.inputs):
            node_depth[source] = max(node_depth.get(source, 0), depth + 1)
    unused = [tensor.node for tensor in inputs if tensor.node not in node_depth]
    return sorted(met, key=lambda node: -layer_depth[node.layer]) + unused


def calls_in_order(inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> list[Node]:
    """Return the calls of layers that lead from `inputs` to `outputs`, each after those whose outputs it takes."""
    return list(dict.fromkeys([*_walk_back(outputs)[1], *(tensor.node for tensor in inputs)]))


def _walk_back(outputs: Sequence[Tensor]) -> tuple[list[Node], list[Node]]:
    """Return all nodes behind `outputs`, first in the order in which they are met, then each after its sources."""
    met: dict[Node, None] = {}
    finished: list[Node] = []
    stack: list[tuple[Node | None, Iterator[Node]]] = [(None, iter(source_nodes(outputs)))]
    while stack:
        node, sources = stack[-1]
        source = next(sources, None)
        if source is None:
            stack.pop()
            if node is not None:
                finished.append(node)
        elif source not in met:
            met[source] = None
            stack.append((source, iter(source_nodes(source.inputs))))
    return list(met), finished


def source_nodes(tensors: Sequence[Tensor]) -> list[Node]:
    """Return the calls that made `tensors`, or, where an op stands between, what that op reads."""
    nodes: dict[Node, None] = {}
    stack = list(reversed(tensors))
    while stack:
        tensor = stack.pop()
        if tensor.node is not None:
            nodes[tensor.node] = None
        else:
            stack.extend(reversed(tensor.inputs))
    return list(nodes)
