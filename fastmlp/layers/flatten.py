"""Flatten: samples as vectors."""

from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers.layer import Layer

_FORMATS = (None, "channels_last", "channels_first")


class Flatten(Layer):
    """Turn each sample into one vector: (None, 28, 28) becomes (None, 784).

    Parameters
    ----------
    data_format : str, optional
        "channels_first" puts the first axis behind the batch's last before; "channels_last", the default, does not.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        if data_format not in _FORMATS:
            raise ValueError(f"`data_format` must be one of {_FORMATS}. Received: data_format={data_format!r}")
        self.data_format = data_format
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of two axes."""
        if inputs.ndim == 2:
            return inputs
        if self.data_format == "channels_first" and inputs.ndim > 2:
            inputs = ops.transpose(inputs, (0, *range(2, inputs.ndim), 1))
        return ops.reshape_samples(inputs, (-1,))
