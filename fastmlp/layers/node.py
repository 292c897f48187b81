"""Node: one call of a layer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastmlp.graph import Tensor

if TYPE_CHECKING:
    from fastmlp.layers.layer import Layer


class Node:
    """A call of a layer: what went in and what came out. A shared layer has one for each of its calls.

    Attributes
    ----------
    layer : Layer
        The layer called.
    inputs, outputs : tuple of Tensor
        In the order of the call; an input layer's node has no inputs.
    arguments : tuple
        What the layer was called with: tensors or lists, tuples or dicts of them.
    keywords : dict
        The keyword arguments of the call.
    """

    __slots__ = ("arguments", "inputs", "keywords", "layer", "outputs")

    def __init__(
        self,
        layer: "Layer",
        inputs: tuple[Tensor, ...],
        outputs: tuple[Tensor, ...],
        arguments: tuple[Any, ...] = (),
        keywords: Mapping[str, Any] | None = None,
    ) -> None:
        self.layer = layer
        self.inputs = inputs
        self.outputs = outputs
        self.arguments = arguments
        self.keywords = dict(keywords or {})
        for tensor in outputs:
            tensor.node = self
