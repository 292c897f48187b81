"""CategoryEncoding: whole numbers as vectors of zeros and ones."""

from typing import Any

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers._checks import positive_integer
from fastmlp.layers.layer import Layer

_MODES = ("multi_hot", "one_hot", "count")


class CategoryEncoding(Layer):
    """Turn categories, whole numbers below `num_tokens`, into vectors; others are left out.

    Parameters
    ----------
    num_tokens : int
        The number of categories, n.
    output_mode : str
        "multi_hot": (None, ..., k) becomes (None, ..., n), 1 for each category that is there; "count": how often it is
        there; "one_hot": each number becomes a vector, (None, ..., k) becomes (None, ..., k, n), without the axis k
        where its size is 1.
    **kwargs
        As for Layer.
    """

    def __init__(self, num_tokens: int | None = None, output_mode: str = "multi_hot", **kwargs: Any) -> None:
        self.num_tokens = positive_integer("num_tokens", num_tokens)
        self.output_mode = "multi_hot" if output_mode == "binary" else output_mode
        if self.output_mode not in _MODES:
            raise ValueError(f"`output_mode` must be one of {_MODES}. Received: output_mode={output_mode!r}")
        super().__init__(**kwargs)

    def call(self, inputs: Tensor, count_weights: Tensor | None = None) -> Tensor:
        """Return the vectors; `count_weights`, of the inputs' shape, count instead of 1."""
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(f"`count_weights` needs output_mode='count'. Received: output_mode={self.output_mode!r}")
        x = inputs
        if not x.sample_shape:
            x = ops.reshape(x, (-1, 1))
        elif self.output_mode == "one_hot" and x.shape[-1] != 1:
            x = ops.expand_dims(x, -1)
        detail = "count" if self.output_mode == "count" else "multi_hot"
        tensors = (x,) if count_weights is None else (x, count_weights)
        return Tensor(
            (*x.shape[:-1], self.num_tokens), x.dtype, "encode", tensors, (), detail, (float(self.num_tokens),)
        )
