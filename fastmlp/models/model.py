"""Model: layers between inputs and outputs."""

import json
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fastmlp._custom_objects import CustomObjectScope
from fastmlp._registry import fitting
from fastmlp._structure import flatten
from fastmlp.graph import Tensor
from fastmlp.layers._configs import registry, settings_of
from fastmlp.layers.layer import Layer
from fastmlp.lowering import FORWARD_BATCH, Purpose
from fastmlp.models._configs import FUNCTIONAL_KEYS, functional_config, functional_from_config
from fastmlp.models._inference import Inference
from fastmlp.models._topology import nodes_by_depth
from fastmlp.models.summary import summary_lines
from fastmlp.models.training import Trainer
from fastmlp.saving.files import FilePath, load_weights, save_model, save_weights
from fastmlp.saving.serialization import compile_from, serialize_compile, serialize_model

Array = NDArray[Any]


@registry.add("Functional", keras="keras.src.models.functional.Functional")
class Model(Trainer):
    """The layers that lead from some inputs to some outputs, to be trained and run together.

    A model is a layer too: called on tensors, it becomes part of a larger model and shares its weights with it.

    A subclass may say in `call` what it computes, as a layer does. Then `call` is traced at the start of every epoch;
    where it asks for the value of a tensor (`float(x)`, `if x > 0`, `x.numpy()`), for every batch.

    Parameters
    ----------
    inputs : Tensor or list, tuple or dict of Tensor
        Made by `Input`; without inputs and outputs, a subclass must have a `call`.
    outputs : Tensor or list, tuple or dict of Tensor
        Computed from `inputs` by calling layers.
    **kwargs
        `name` and `trainable`, as for Layer.

    Attributes
    ----------
    inputs, outputs : list of Tensor
        Empty while the model is not built.
    input_structure, output_structure : Tensor or list, tuple or dict of Tensor
        The same as they were given; None while the model is not built.
    """

    def __init__(self, inputs: Any = None, outputs: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._functional = inputs is not None  # its layers were there before it and do not belong to it by name
        self._layers: list[Layer] = []
        if (inputs is None) != (outputs is None) or (inputs is None and type(self) is Model):
            raise ValueError(f"Model expects `inputs` and `outputs`. Received: inputs={inputs!r}, outputs={outputs!r}")
        if inputs is not None:
            self._connect(inputs, outputs)
            self._layers = list(dict.fromkeys(node.layer for node in nodes_by_depth(self.inputs, self.outputs)))
            check_unique_names(self._layers)

    # Layers

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order of the data's way through them; of a subclass, those in its attributes."""
        return list(self._layers) or self._sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or by its place in `layers`.

        Raises
        ------
        ValueError
            If there is no such layer; the message lists those there are.
        """
        layers = self.layers
        if (name is None) == (index is None):
            raise ValueError(f"Expected either `name` or `index`. Received: name={name!r}, index={index!r}")
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"`index` must be less than {len(layers)}, the number of layers. Received: {index}")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"No layer is named {name!r}. The layers are: {', '.join(layer.name for layer in layers)}.")

    @property
    def input(self) -> Any:
        """The tensor that stands for the data; a list where there are several."""
        self._built_graph()
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self) -> Any:
        """The tensor that stands for the prediction; a list where there are several."""
        self._built_graph()
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    @property
    def input_shape(self) -> Any:
        """The shape of the data, (None, ...); a list where there are several inputs."""
        shapes = [tensor.shape for tensor in self._built_graph().inputs]
        return shapes[0] if len(shapes) == 1 else shapes

    @property
    def output_shape(self) -> Any:
        """The shape of the prediction, (None, ...); a list where there are several outputs."""
        shapes = [tensor.shape for tensor in self._built_graph().outputs]
        return shapes[0] if len(shapes) == 1 else shapes

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print a table of the layers, their output shapes and numbers of parameters.

        Parameters
        ----------
        line_length : int, optional
            Width of the table in characters.
        positions : sequence of float, optional
            Where each column ends, as shares of the width.
        print_fn : callable, optional
            Called with each line; `print` by default.
        expand_nested : bool
            Whether the layers of models inside are shown too, below them.
        show_trainable : bool
            Whether a column tells which layers are trained: "Y", "N", or "-" for those without variables.
        layer_range : sequence of str, optional
            Two names of layers, or regular expressions that names begin with: the first and the last layer shown.
        """
        self._built_graph()
        for line in summary_lines(self, line_length, positions, expand_nested, show_trainable, layer_range):
            (print_fn or print)(line)

    # Configs

    @property
    def is_functional(self) -> bool:
        """Whether the model is what its inputs and outputs say, without code of a subclass."""
        return self.built and type(self).__init__ is Model.__init__ and type(self).call is Model.call

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` makes a model with the same layers of, with new weights.

        Of a subclass, these are its constructor's arguments, see Layer.
        """
        if not self.is_functional:
            return settings_of(self, Model)
        return {"name": self.name, "trainable": self.trainable, **functional_config(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Self:
        """Make a model from what `get_config` returned, or from what Keras 2 or 3 did.

        Parameters
        ----------
        config : dict
            The settings of a model.
        custom_objects : dict, optional
            Classes and functions by name that fastmlp does not know.
        """
        with CustomObjectScope(custom_objects):
            if not all(key in config for key in FUNCTIONAL_KEYS):
                return cls(**fitting(cls, dict(config)))
            settings = {key: value for key, value in config.items() if key not in FUNCTIONAL_KEYS}
            return cls(*functional_from_config(config), **fitting(cls, settings))

    def get_compile_config(self) -> dict[str, Any] | None:
        """Return what `compile` was given as a dict of what JSON knows, or None for a model that is not compiled."""
        return serialize_compile(self, "keras3")

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile the model with what `get_compile_config` returned."""
        compile_from(self, config)

    def to_json(self, **kwargs: Any) -> str:
        """Return the architecture as JSON, for `models.model_from_json`.

        Parameters
        ----------
        **kwargs
            As for `json.dumps`.
        """
        return json.dumps(serialize_model(self, "keras3"), **kwargs)

    # Files

    def save(
        self,
        filepath: FilePath,
        overwrite: bool = True,
        include_optimizer: bool = True,
        save_format: str | None = None,
        *,
        zipped: bool | None = None,
    ) -> None:
        """Write the model to a file, see `saving.save_model`."""
        save_model(self, filepath, overwrite, include_optimizer, save_format, zipped=zipped)

    def save_weights(self, filepath: FilePath, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Write the weights to a file, see `saving.save_weights`."""
        save_weights(self, filepath, overwrite, max_shard_size)

    def load_weights(self, filepath: FilePath, skip_mismatch: bool = False, by_name: bool = False) -> None:
        """Take the weights of a file, see `saving.load_weights`."""
        load_weights(self, filepath, skip_mismatch, by_name)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "_layers": self._layers,  # first, so that pickle meets each tensor before those that are made of it
            **vars(self),
            "_plans": OrderedDict(),
            "_latest": None,
            "_traces": {},
            "_penalties": {},
            "_inference": None,
            "standing": None,
        }

    # Calling

    def __call__(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Return predictions for arrays, tensors for tensors.

        For an array this is the quickest way to a prediction, meant for few rows at a time; `predict` is the one for
        many.

        Parameters
        ----------
        inputs : array or Tensor, or a list, tuple or dict of them
            A batch.
        training : bool, optional
            True or False: dropout acts or does not. By default it does not for arrays, and does in the training of a
            model that is made of the returned tensors.
        **kwargs
            Passed on to `call`.
        """
        self._check_made()
        if training:
            return super().__call__(inputs, training=True, **kwargs)
        if type(inputs) is np.ndarray:
            inference = self._inference or self._prepare_inference()
            if inference is not None and inference.accepts(inputs):
                return inference(inputs)
        elif any(isinstance(leaf, Tensor) for leaf in flatten(inputs)):
            return super().__call__(inputs, training=training, **kwargs)
        return self.predict_on_batch(inputs)

    def _prepare_inference(self) -> Inference | None:
        """Make the short way, if this model has one."""
        one = len(self.inputs) == len(self.outputs) == 1 and not isinstance(self.output_structure, dict)
        if self._graph is not None and one and not self._holds_own_code():
            lowered = self.lower(Purpose(FORWARD_BATCH))
            self._inference = Inference(lowered, self.inputs[0].sample_shape, self.outputs[0].sample_shape, self.dtype)
        return self._inference


def check_unique_names(layers: Sequence[Layer]) -> None:
    """Raise a ValueError if two of a model's layers have the same name."""
    name, times = Counter(layer.name for layer in layers).most_common(1)[0]
    if times > 1:
        raise ValueError(f"The layers of a model must have different names. Received {times} layers named '{name}'.")
