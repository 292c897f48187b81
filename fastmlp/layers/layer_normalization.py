"""LayerNormalization: every sample brought to mean 0 and variance 1, then scaled and shifted as learned."""

from collections.abc import Sequence
from typing import Any

from fastmlp import ops
from fastmlp.graph import Shape, Tensor
from fastmlp.layers._checks import axes_of
from fastmlp.layers._scaled_and_shifted import Initializer, ScaledAndShifted
from fastmlp.variables import Variable


class LayerNormalization(ScaledAndShifted):
    """Compute `gamma * (x - mean) / sqrt(variance + epsilon) + beta`: Ba et al., arXiv:1607.06450.

    Mean and variance, not corrected for the degree of freedom, are those along `axis`.

    Parameters
    ----------
    axis : int or sequence of int
        The axis or axes that are normalized together, not the batch's.
    epsilon : float
        Added to the variance.
    center, scale : bool
        Whether there is a beta; a gamma.
    beta_initializer, gamma_initializer : str, dict or callable
        First values.
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : str, dict or callable, optional
        Penalties on the two, and what holds them in their limits.
    **kwargs
        As for Layer.

    Attributes
    ----------
    gamma, beta : Variable or None
        One number for each place along `axis`.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.axis = axis
        self.epsilon = float(epsilon)
        super().__init__(
            center,
            scale,
            beta_initializer,
            gamma_initializer,
            beta_regularizer,
            gamma_regularizer,
            beta_constraint,
            gamma_constraint,
            **kwargs,
        )

    def build(self, input_shape: Shape) -> None:
        """Make gamma and beta for inputs of shape (None, ...)."""
        shape = tuple(input_shape[axis] or 1 for axis in axes_of(self, input_shape))
        self._make_gamma_and_beta(shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        rank, axes = len(inputs.shape), axes_of(self, inputs.shape)
        if axes == (rank - 1,):
            return self._normalize(inputs, self.gamma, self.beta)
        order = (*(axis for axis in range(rank) if axis not in axes), *axes)
        moved = ops.transpose(inputs, order)
        vectors = ops.reshape(moved, (*moved.shape[: -len(axes)], -1))
        outputs: Tensor = ops.transpose(
            ops.reshape(self._normalize(vectors, None, None), moved.shape), tuple(order.index(i) for i in range(rank))
        )
        broadcast = tuple(inputs.shape[axis] if axis in axes else 1 for axis in range(1, rank))
        if self.gamma is not None:
            outputs = ops.multiply(outputs, ops.reshape(self.gamma, broadcast))
        if self.beta is not None:
            outputs = ops.add(outputs, ops.reshape(self.beta, broadcast))
        return outputs

    def _normalize(self, x: Tensor, gamma: Variable | None, beta: Variable | None) -> Tensor:
        return Tensor(x.shape, x.dtype, "layer_normalization", (x,), (gamma, beta), scalars=(self.epsilon,))
