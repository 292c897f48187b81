"""ActivityRegularization: a penalty on what passes."""

from typing import Any

from fastmlp import regularizers
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer


class ActivityRegularization(Layer):
    """Add `l1` times the sum of absolute values and `l2` times that of squares, a mean over the batch, to the loss.

    Parameters
    ----------
    l1, l2 : float
        Weights of the two sums.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Tensor) -> Tensor:
        """Return the inputs."""
        return inputs
