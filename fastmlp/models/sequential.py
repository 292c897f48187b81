"""Sequential: a stack of layers."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from fastmlp._custom_objects import CustomObjectScope
from fastmlp._registry import fitting
from fastmlp.graph import Tensor
from fastmlp.layers._configs import registry, settings_of
from fastmlp.layers.input_layer import Input, InputLayer
from fastmlp.layers.layer import Layer
from fastmlp.models._configs import check_sizes
from fastmlp.models._undo import undone_on_error
from fastmlp.models.model import Model, check_unique_names


@registry.add(keras="keras.Sequential")
class Sequential(Model):
    """A stack of layers, each of which takes the output of the one before.

    The model is built as soon as its input shape is known: from the first layer, or else from the data it is first
    trained on or called with.

    Parameters
    ----------
    layers : sequence of Layer, optional
        The stack, first layer first. More can be put on with `add`.
    **kwargs
        `name` and `trainable`, as for Layer.
    """

    def __init__(self, layers: Sequence[Layer | Tensor] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tensors: list[Tensor] = []  # the input, then the output of each layer
        if layers is not None and not isinstance(layers, list | tuple):
            raise ValueError(f"`layers` must be a list of layers. Received: layers={layers!r}")
        for layer in layers or ():
            self._stack(layer)
        self._extend()

    def add(self, layer: Layer | Tensor) -> None:
        """Put a layer on top of the stack; the first one may also be what `Input` returns."""
        before = len(self._layers)
        self._stack(layer)
        try:
            self._extend()
        except Exception:
            del self._layers[before:]
            raise

    def pop(self) -> Layer:
        """Take the topmost layer off and return it."""
        if not self._layers:
            raise ValueError(f"There are no layers in model '{self.name}'.")
        layer = self._layers.pop()
        del self._tensors[len(self._layers) + 1 :]
        self._disconnect()
        self._extend()
        return layer

    def build(self, input_shape: Any = None) -> None:
        """Build the model for arrays of a shape; a no-op for a model that is built.

        Parameters
        ----------
        input_shape : tuple of int or None
            (None, ...), the batch axis first.
        """
        if self.built or input_shape is None:
            return
        if not self._layers:
            raise ValueError(f"Model '{self.name}' has no layers to build.")
        if not isinstance(input_shape, list | tuple) or not input_shape:
            raise ValueError(f"`input_shape` must be a tuple (None, ...). Received: input_shape={input_shape!r}")
        with undone_on_error(self):
            self._extend(input_shape[1:])

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` makes a model with the same layers of, with new weights."""
        if type(self).__init__ is not Sequential.__init__:
            return settings_of(self, Sequential)
        start = [self._tensors[0].node.layer] if self._tensors else []
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [registry.serialize(layer) for layer in (*start, *self._layers)],
        }
        return {**config, "build_input_shape": list(self.input_shape)} if self.built else config

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make a model from what `get_config` returned, or from what Keras 2 or 3 did; see Model."""
        with CustomObjectScope(custom_objects):
            if not isinstance(config.get("layers"), list | tuple):
                return super().from_config(config)
            settings = {key: value for key, value in config.items() if key not in ("build_input_shape", "layers")}
            layers = [registry.deserialize(layer) for layer in config["layers"]]
            model = cls(layers, **fitting(cls, settings))
            model.build(config.get("build_input_shape"))
            check_sizes(model.name, model._tensors)
            return model

    def _stack(self, layer: Any) -> None:
        """Check a layer and put it on top."""
        if isinstance(layer, Tensor) and layer.node is not None and isinstance(layer.node.layer, InputLayer):
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise TypeError(f"Sequential expects layers. Received: {layer!r}")
        if isinstance(layer, InputLayer):
            if self._layers or self._tensors:
                raise ValueError(f"An input must be the first layer of a Sequential. Received: '{layer.name}'")
            self._tensors = [layer.tensor]
            return
        check_unique_names([*self._layers, layer])
        self._layers.append(layer)

    def _extend(self, input_shape: Any = None) -> None:
        """Call the layers that have not been called yet, if the shape of a sample is known or given."""
        if not self._layers:
            return
        tensors = list(self._tensors)
        if not tensors:
            first = self._layers[0]
            given = first.inputs[0].sample_shape if isinstance(first, Model) and first.built else first.given_shape
            shape = given if input_shape is None else input_shape
            if shape is None:
                return
            tensors = [Input(shape, name=f"{first.name}_input", dtype=first.dtype)]
        with self._inside():
            for layer in self._layers[len(tensors) - 1 :]:
                tensors.append(layer(tensors[-1]))
        self._connect(tensors[0], tensors[-1])
        self._tensors = tensors
