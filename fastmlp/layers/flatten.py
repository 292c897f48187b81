"""Flatten: samples as vectors."""

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class Flatten(Layer):
    """Turn each sample into one vector: (None, 28, 28) becomes (None, 784)."""

    single_input = True

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of two axes."""
        return inputs if len(inputs.shape) == 2 else ops.reshape_samples(inputs, (-1,))
