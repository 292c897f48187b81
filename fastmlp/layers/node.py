"""Node: one call of a layer."""

from typing import TYPE_CHECKING

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
    """

    __slots__ = ("inputs", "layer", "outputs")

    def __init__(self, layer: "Layer", inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> None:
        self.layer = layer
        self.inputs = inputs
        self.outputs = outputs
        for tensor in outputs:
            tensor.node = self
