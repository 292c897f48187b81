"""Dense: the fully connected layer."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastmlp import activations, constraints, initializers, ops, regularizers
from fastmlp.graph import Shape, Tensor
from fastmlp.layers.layer import Layer


class Dense(Layer):
    """Compute `activation(x @ kernel + bias)` over the last axis.

    Parameters
    ----------
    units : int
        Number of outputs, n.
    activation : str or callable, optional
        Name of an activation or a function of a Tensor; none by default.
    use_bias : bool
        Whether there is a bias.
    kernel_initializer, bias_initializer : str, dict or callable
        First values of the kernel and of the bias.
    kernel_regularizer, bias_regularizer : str, dict or callable, optional
        What is added to the loss on their account.
    activity_regularizer : str, dict or callable, optional
        What is added to the loss on account of the outputs.
    kernel_constraint, bias_constraint : str, dict or callable, optional
        What holds for them after each step.
    **kwargs
        As for Layer.

    Attributes
    ----------
    kernel : Variable
        Shape (k, n), k being the size of the input's last axis.
    bias : Variable or None
        Shape (n,).
    """

    single_input = True

    def __init__(
        self,
        units: int,
        activation: str | Callable[..., Any] | None = None,
        use_bias: bool = True,
        kernel_initializer: str | dict[str, Any] | Callable[..., Any] = "glorot_uniform",
        bias_initializer: str | dict[str, Any] | Callable[..., Any] = "zeros",
        kernel_regularizer: str | dict[str, Any] | Callable[..., Any] | None = None,
        bias_regularizer: str | dict[str, Any] | Callable[..., Any] | None = None,
        activity_regularizer: str | dict[str, Any] | Callable[..., Any] | None = None,
        kernel_constraint: str | dict[str, Any] | Callable[..., Any] | None = None,
        bias_constraint: str | dict[str, Any] | Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(units, int | np.integer) or isinstance(units, bool) or units < 1:
            raise ValueError(f"`units` must be a positive integer. Received: units={units!r}")
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)

    def build(self, input_shape: Shape) -> None:
        """Make kernel and bias for inputs of shape (None, ..., k)."""
        size = input_shape[-1]
        if size is None:
            raise ValueError(f"Layer '{self.name}' expects inputs of two axes or more. Received: shape={input_shape}")
        self.kernel = self.add_weight(
            (size, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of shape (None, ..., n)."""
        if inputs.shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"Layer '{self.name}' expects inputs whose last axis has size {self.kernel.shape[0]}. "
                f"Received: shape={inputs.shape}"
            )
        outputs: Tensor = self.activation(ops.dense(inputs, self.kernel, self.bias))
        return outputs
