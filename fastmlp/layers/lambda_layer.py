"""Lambda: a function of tensors as a layer."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from fastmlp.layers.layer import Layer


class Lambda(Layer):
    """Apply a function written with `fastmlp.ops`.

    A model with such a layer is made by code only: no file brings functions.

    Parameters
    ----------
    function : callable
        Called with what the layer is called with; may take `training` besides.
    output_shape, mask : object, optional
        Not needed: the function is traced.
    arguments : dict, optional
        More keyword arguments for the function.
    **kwargs
        As for Layer.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if not callable(function):
            raise ValueError(f"`function` must be a function of tensors. Received: function={function!r}")
        self.function = function
        self.mask = mask
        self.arguments = dict(arguments or {})
        self._given_output_shape = output_shape
        self._takes_training = "training" in inspect.signature(function).parameters
        super().__init__(**kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; the function as it is, so that only code can pass it on."""
        own = {"function": self.function, "output_shape": self._given_output_shape, "mask": self.mask}
        return {**super().get_config(), **own, "arguments": self.arguments}

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return what the function returns."""
        return self.function(inputs, **self.arguments, **({"training": training} if self._takes_training else {}))
