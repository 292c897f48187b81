"""Rectified linear units with settings or weights of their own, as layers."""

from collections.abc import Callable, Sequence
from typing import Any

from fastmlp import constraints, initializers, ops, regularizers
from fastmlp.graph import Shape, Tensor
from fastmlp.layers._checks import not_negative
from fastmlp.layers.layer import Layer


class ReLU(Layer):
    """Let positive numbers pass; the parameters set a limit, a slope below the threshold, and the threshold.

    It is x above `threshold`, but `max_value` at most, and `negative_slope * (x - threshold)` from there down.

    Parameters
    ----------
    max_value : float, optional
        The greatest value; none by default.
    negative_slope : float
        Not negative.
    threshold : float
        Not negative.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        self.max_value = None if max_value is None else not_negative("max_value", max_value)
        self.negative_slope = not_negative("negative_slope", negative_slope)
        self.threshold = not_negative("threshold", threshold)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        outputs: Tensor = ops.relu(inputs, self.negative_slope, self.max_value, self.threshold)
        return outputs


class LeakyReLU(Layer):
    """Let positive numbers pass, and a small share of negative ones: Maas et al., ICML 2013.

    Parameters
    ----------
    negative_slope : float
        That share, not negative.
    alpha : float, optional
        What Keras 2 calls `negative_slope`.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        self.negative_slope = not_negative("negative_slope", kwargs.pop("alpha", negative_slope))
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        outputs: Tensor = ops.leaky_relu(inputs, self.negative_slope)
        return outputs


class ELU(Layer):
    """Let positive numbers pass, others become `alpha * (exp(x) - 1)`: Clevert et al., arXiv:1511.07289.

    Parameters
    ----------
    alpha : float
        Minus the limit for very negative numbers.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        self.alpha = alpha
        super().__init__(**kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        outputs: Tensor = ops.elu(inputs, self.alpha)
        return outputs


class PReLU(Layer):
    """Let positive numbers pass, and a share of negative ones that is learned: He et al., arXiv:1502.01852.

    Parameters
    ----------
    alpha_initializer : str, dict or callable
        First values of the shares.
    alpha_regularizer, alpha_constraint : str, dict or callable, optional
        Penalty on the shares, and what holds them in their limits.
    shared_axes : int or sequence of int, optional
        Axes, the first behind the batch's being 1, along which there is only one share; none by default.
    **kwargs
        As for Layer.

    Attributes
    ----------
    alpha : Variable
        The shares, of the shape of a sample, but 1 along `shared_axes`.
    """

    single_input = True

    def __init__(
        self,
        alpha_initializer: str | dict[str, Any] | Callable[..., Any] = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes and list(shared_axes)
        super().__init__(**kwargs)

    def build(self, input_shape: Shape) -> None:
        """Make the shares for inputs of shape (None, ...)."""
        shape = [size or 1 for size in input_shape[1:]]
        for axis in self.shared_axes or ():
            if not 1 <= axis <= len(shape):
                raise ValueError(
                    f"`shared_axes` must be among the axes 1 to {len(shape)}. Received: shared_axes={self.shared_axes}"
                )
            shape[axis - 1] = 1
        self.alpha = self.add_weight(
            shape,
            self.alpha_initializer,
            name="alpha",
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        negative = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        outputs: Tensor = ops.subtract(ops.relu(inputs), negative)
        return outputs
