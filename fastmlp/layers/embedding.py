"""Embedding: vectors for whole numbers."""

from collections.abc import Callable
from typing import Any

from fastmlp import constraints, initializers, regularizers
from fastmlp.graph import Shape, Tensor
from fastmlp.layers._checks import positive_integer
from fastmlp.layers.layer import Layer

_EXACT = {"float32": 2**24, "float64": 2**53}  # a number of a row travels as an element of a tensor


class Embedding(Layer):
    """Replace each number by a row of a table that is learned: (None, ...) becomes (None, ..., output_dim).

    A number that is none from 0 to `input_dim` - 1 gives a row of NaN.

    Parameters
    ----------
    input_dim : int
        Rows of the table: the largest number plus 1.
    output_dim : int
        Columns of the table.
    embeddings_initializer : str, dict or callable
        First values of the table.
    embeddings_regularizer, embeddings_constraint : str, dict or callable, optional
        Penalty on the table, and what holds it in its limits.
    mask_zero : bool
        Kept for the layer's config; no layer of fastmlp skips steps.
    **kwargs
        As for Layer, and `weights`, the table to start with. `input_length`, as Keras 2 has it, stands for
        `input_shape=(input_length,)`.

    Attributes
    ----------
    embeddings : Variable
        The table, (input_dim, output_dim).
    """

    single_input = True

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: str | dict[str, Any] | Callable[..., Any] = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        **kwargs: Any,
    ) -> None:
        self.input_dim = positive_integer("input_dim", input_dim)
        self.output_dim = positive_integer("output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        weights, length = kwargs.pop("weights", None), kwargs.pop("input_length", None)
        if length is not None:
            kwargs.setdefault("input_shape", (length,))
        super().__init__(**kwargs)
        if weights is not None:
            self.build(())
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape: Shape) -> None:
        """Make the table."""
        if self.built:
            return
        if self.input_dim > _EXACT[self.dtype]:
            raise ValueError(
                f"`input_dim` must be at most {_EXACT[self.dtype]}, up to which {self.dtype} has all whole numbers. "
                f"Received: input_dim={self.input_dim}"
            )
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            name="embeddings",
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of shape (None, ..., output_dim)."""
        shape = (*inputs.shape, self.output_dim)
        return Tensor(shape, inputs.dtype, "embedding", (inputs,), (self.embeddings,))
