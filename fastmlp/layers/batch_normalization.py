"""BatchNormalization: every feature of a batch brought to mean 0 and variance 1, then scaled and shifted as learned."""

from typing import Any

from fastmlp import initializers, ops
from fastmlp.graph import Shape, Tensor
from fastmlp.layers._checks import axis_of
from fastmlp.layers._scaled_and_shifted import Initializer, ScaledAndShifted


class BatchNormalization(ScaledAndShifted):
    """Compute `gamma * (x - mean) / sqrt(variance + epsilon) + beta`: Ioffe and Szegedy, arXiv:1502.03167.

    In training, mean and variance of each feature are those of the present batch, over all axes but `axis`, and the
    moving ones become `momentum * moving + (1 - momentum) * batch`. Otherwise, and where the layer is frozen, the
    moving ones are used. The variance, also the moving one, is not corrected for the degree of freedom.

    Parameters
    ----------
    axis : int
        The features' axis, not the batch's.
    momentum : float
        Weight of the past in the moving mean and variance.
    epsilon : float
        Added to the variance.
    center, scale : bool
        Whether there is a beta; a gamma.
    beta_initializer, gamma_initializer, moving_mean_initializer, moving_variance_initializer : str, dict or callable
        First values.
    beta_regularizer, gamma_regularizer, beta_constraint, gamma_constraint : str, dict or callable, optional
        Penalties on the two, and what holds them in their limits.
    **kwargs
        As for Layer.

    Attributes
    ----------
    gamma, beta : Variable or None
        One number for each feature.
    moving_mean, moving_variance : Variable
        The same; not trainable.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        moving_mean_initializer: Initializer = "zeros",
        moving_variance_initializer: Initializer = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        self.axis = axis
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
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
        """Make the variables for inputs of shape (None, ...)."""
        shape = (input_shape[axis_of(self, input_shape)] or 1,)
        self._make_gamma_and_beta(shape)
        self.moving_mean = self.add_weight(shape, self.moving_mean_initializer, trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )
        self.built = True

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return a tensor of the same shape; `training` True or False overrides what the model is doing."""
        axis = axis_of(self, inputs.shape)
        x = _last(inputs, axis)
        variables = (self.gamma, self.beta, self.moving_mean, self.moving_variance)
        scalars = (self.epsilon, self.momentum)
        y = Tensor(x.shape, x.dtype, "batch_normalization", (x,), variables, scalars=scalars, training=training)
        return _back(y, axis)


def _last(x: Tensor, axis: int) -> Tensor:
    """Return `x` with that axis at the end."""
    rest = [i for i in range(len(x.shape)) if i != axis]
    return x if axis == len(rest) else ops.transpose(x, (*rest, axis))


def _back(x: Tensor, axis: int) -> Tensor:
    """Return `x` with its last axis in that place."""
    last = len(x.shape) - 1
    return x if axis == last else ops.transpose(x, (*range(axis), last, *range(axis, last)))
