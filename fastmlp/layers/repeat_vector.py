"""RepeatVector: each sample several times."""

from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers._checks import positive_integer
from fastmlp.layers.layer import Layer


class RepeatVector(Layer):
    """Stack each sample, a vector, `n` times: (None, k) becomes (None, n, k).

    Parameters
    ----------
    n : int
        How many times.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, n: int, **kwargs: Any) -> None:
        self.n = positive_integer("n", n)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of shape (None, n, k)."""
        if len(inputs.shape) != 2:
            raise ValueError(f"Layer '{self.name}' expects inputs of two axes. Received: shape={inputs.shape}")
        outputs: Tensor = ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)
        return outputs
