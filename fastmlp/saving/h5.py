"""Keras' first file format: `.h5` files of whole models or of weights.

Written as tf_keras (TF 2.11 to 2.15) writes them, which Keras 3 reads too. Read as any Keras from 2.0 on writes them:
the order of layers and weights is what counts, not their names, unless asked for.
"""

import json
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fastmlp.layers.layer import Layer
from fastmlp.saving import _hdf5
from fastmlp.saving._optimizer_state import restore, tf_keras_arrays
from fastmlp.saving.safe import Array, Group, ModelFileError
from fastmlp.saving.serialization import (
    CustomObjects,
    compile_from,
    deserialize_model,
    parse_json,
    serialize_compile,
    serialize_model,
)
from fastmlp.variables import Variable

if TYPE_CHECKING:
    from fastmlp.models.model import Model

_KERAS_VERSION = "2.15.0"  # whose dialect is written
_BACKEND = "tensorflow"
_TOP_LEVEL = "top_level_model_weights"

Assignment = tuple[Variable, Array]


# Writing


def write_model(root: Any, model: "Model", *, include_optimizer: bool) -> None:
    """Write a whole model into an HDF5 file.

    Parameters
    ----------
    root : h5py.File
        Empty.
    model : Model
        Compiled or not.
    include_optimizer : bool
        Whether to write what `compile` was given, and what the optimizer remembers.
    """
    root.attrs["backend"] = _BACKEND
    root.attrs["keras_version"] = _KERAS_VERSION
    root.attrs["model_config"] = json.dumps(serialize_model(model, "keras2"))
    write_weights(root.create_group("model_weights"), model)
    training = serialize_compile(model, "keras2") if include_optimizer else None
    if training is not None and model.optimizer is not None:
        root.attrs["training_config"] = json.dumps(training)
        state = tf_keras_arrays(model.optimizer, model.trainable_variables)
        _put_arrays(root.create_group("optimizer_weights"), state)


def write_weights(group: Any, model: "Model") -> None:
    """Write the weights of a model into a group, or into the root of a file of weights."""
    _hdf5.put_texts(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = _BACKEND
    group.attrs["keras_version"] = _KERAS_VERSION
    for layer in sorted(model.layers, key=lambda each: each.name):
        _put_arrays(group.create_group(layer.name), _named(_weights(layer)))
    _put_arrays(group.create_group(_TOP_LEVEL), _named(_own_weights(model)))


def _named(variables: Iterable[Variable]) -> list[tuple[str, Array]]:
    return [(f"{variable.name}:0", variable.value) for variable in variables]


def _put_arrays(group: Any, arrays: Iterable[tuple[str, Array]]) -> None:
    """Write arrays into a group, numbering those whose names are taken: layers of two nested models may share one."""
    names: dict[str, Array] = {}
    for name, value in arrays:
        free, number = name, 0
        while free in names:
            number += 1
            free = f"{name.removesuffix(':0')}_{number}:0"
        names[free] = value
    _hdf5.put_texts(group, "weight_names", list(names))
    for name, value in names.items():
        group[name] = value


# Reading


def read_model(root: Group, custom_objects: CustomObjects, max_bytes: int, *, compiled: bool) -> "Model":
    """Make the model that an HDF5 file holds.

    Parameters
    ----------
    root : Group
        Of the file.
    custom_objects : dict, optional
        Classes and functions by name.
    max_bytes : int
        What the weights may take.
    compiled : bool
        Whether to compile it as it was.

    Raises
    ------
    ModelFileError
        If the file does not hold a whole model.
    """
    config = root.text("model_config")
    if config is None:
        raise ModelFileError("it holds no model but perhaps weights; make the model and use its `load_weights`")
    model = deserialize_model(parse_json(config), custom_objects, max_bytes)
    assign(weights_by_order(root.group("model_weights"), model, skip_mismatch=False))
    training = root.text("training_config") if compiled else None
    if training is not None:
        compile_from(model, parse_json(training), custom_objects)
        if "optimizer_weights" in root and model.optimizer is not None:
            group = root.group("optimizer_weights")
            names = _weight_names(group)
            shapes = [group.shape(name) for name in names]
            restore(
                model.optimizer,
                model.trainable_variables,
                shapes,
                lambda number: group.array(names[number], shapes[number]),
                names,
            )
    return model


def weights_group(root: Group) -> Group | None:
    """Return the group with the weights: the root of a file of weights, a group in that of a whole model.

    Keras 3's `.weights.h5` has neither.
    """
    if root.texts("layer_names") is not None:
        return root
    return root.group("model_weights") if "model_weights" in root else None


def weights_by_order(group: Group, model: "Model", *, skip_mismatch: bool) -> list[Assignment]:
    """Read weights for the layers of a model in order, whatever their names.

    Parameters
    ----------
    group : Group
        See `weights_group`.
    model : Model
        Built.
    skip_mismatch : bool
        Whether to warn of a weight of another shape and go on, instead of raising an error.

    Returns
    -------
    list of (Variable, array)
        Nothing is assigned yet.

    Raises
    ------
    ModelFileError
        If the numbers of layers or weights, or the shapes, differ.
    """
    layers = [layer for layer in model.layers if layer.variables]
    groups = [each for each in map(group.group, _layer_names(group)) if _weight_names(each)]
    if len(layers) != len(groups):
        raise ModelFileError(
            f"the file must have weights for the {len(layers)} layers with weights of model '{model.name}'. "
            f"Received: {len(groups)} layers"
        )
    found: list[Assignment] = []
    for layer, each in zip(layers, groups, strict=True):
        found += _read(each, layer.name, _weights(layer), skip_mismatch=skip_mismatch)
    return found + _read_top_level(group, model, skip_mismatch=skip_mismatch)


def weights_by_name(group: Group, model: "Model", *, skip_mismatch: bool) -> list[Assignment]:
    """Read weights for those layers of a model whose names are in the file; see `weights_by_order`."""
    layers = {layer.name: layer for layer in model.layers}
    found: list[Assignment] = []
    for name in _layer_names(group):
        if name in layers:
            found += _read(group.group(name), name, _weights(layers[name]), skip_mismatch=skip_mismatch)
    return found + _read_top_level(group, model, skip_mismatch=skip_mismatch)


def _read_top_level(group: Group, model: "Model", *, skip_mismatch: bool) -> list[Assignment]:
    if _TOP_LEVEL not in group:  # TF before 2.6
        return []
    return _read(group.group(_TOP_LEVEL), model.name, _own_weights(model), skip_mismatch=skip_mismatch)


def _read(group: Group, layer: str, variables: Sequence[Variable], *, skip_mismatch: bool) -> list[Assignment]:
    names = _weight_names(group)
    if len(names) != len(variables):
        message = f"layer '{layer}' expects {len(variables)} weights. Received: {len(names)}, in '{group.path}'"
        if not skip_mismatch:
            raise ModelFileError(message)
        warnings.warn(f"Skipped: {message}", stacklevel=2)
        return []
    found = []
    for name, variable in zip(names, variables, strict=True):
        shape = group.shape(name)
        if shape == variable.shape:
            found.append((variable, group.array(name, shape)))
            continue
        message = f"'{variable.name}' expects shape {variable.shape}. Received: shape={shape}, in '{group.path}/{name}'"
        if not skip_mismatch:
            raise ModelFileError(message)
        warnings.warn(f"Skipped: {message}", stacklevel=2)
    return found


def _layer_names(group: Group) -> list[str]:
    names = group.texts("layer_names")
    if names is None:
        raise ModelFileError("it has no list of layers")
    return names


def _weight_names(group: Group) -> list[str]:
    return group.texts("weight_names") or []


def assign(found: Iterable[Assignment]) -> None:
    """Give variables their values."""
    for variable, value in found:
        variable.assign(value)


# The order of a layer's weights in these files: those that are trained first.


def _weights(layer: Layer) -> list[Variable]:
    return [*layer.trainable_variables, *layer.non_trainable_variables]


def _own_weights(model: "Model") -> list[Variable]:
    """Return the variables of a model that are in none of its layers."""
    inside = {variable for layer in model.layers for variable in layer.variables}
    return [variable for variable in _weights(model) if variable not in inside]
