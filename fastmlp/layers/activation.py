"""Activation: an activation function as a layer."""

from collections.abc import Callable
from typing import Any

from fastmlp import activations
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Activation(Layer):
    """Apply an activation function.

    Parameters
    ----------
    activation : str or callable
        Name of an activation or a function of a Tensor.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, activation: str | Callable[..., Any], **kwargs: Any) -> None:
        self.activation = activations.get(activation)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        outputs: Tensor = self.activation(inputs)
        return outputs
