"""Keras 3's file formats: `.keras`, a zip archive with a model's config and weights, and `.weights.h5`.

The weights lie in a tree that follows the model: `layers/dense_1/vars/0` is the first weight of the second Dense of a
Sequential or functional model, `hidden/vars/0` one of the layer in the attribute `hidden` of a subclass. The files of
tf_keras have the same tree.
"""

import json
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from fastmlp._names import snake_case
from fastmlp.layers.layer import Layer
from fastmlp.saving import _hdf5
from fastmlp.saving._optimizer_state import keras3_arrays, restore
from fastmlp.saving.archive import read_members
from fastmlp.saving.h5 import Assignment, assign
from fastmlp.saving.safe import Group, ModelFileError, opened
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

_KERAS_VERSION = "3.15.1"  # whose dialect is written
_METADATA, _CONFIG, _WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
_OPTIMIZER = "optimizer/vars"


# Archives


def write_model(file: BinaryIO, model: "Model", *, include_optimizer: bool) -> None:
    """Write a whole model as a zip archive.

    Parameters
    ----------
    file : binary file
        Open for writing.
    model : Model
        Compiled or not.
    include_optimizer : bool
        Whether to write what `compile` was given, and what the optimizer remembers.
    """
    config = serialize_model(model, "keras3")
    training = serialize_compile(model, "keras3") if include_optimizer else None
    if training is not None:
        config["compile_config"] = training
    metadata = {"keras_version": _KERAS_VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    weights = BytesIO()
    with _hdf5.written(weights) as root:
        write_weights(root, model, include_optimizer=include_optimizer)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(_METADATA, json.dumps(metadata))
        archive.writestr(_CONFIG, json.dumps(config))
        archive.writestr(_WEIGHTS, weights.getbuffer())


def read_model(path: Path, custom_objects: CustomObjects, *, compiled: bool) -> "Model":
    """Make the model that a zip archive holds; see `h5.read_model`."""
    members = read_members(path, (_CONFIG, _WEIGHTS))
    config = parse_json(members[_CONFIG])
    if not isinstance(config, dict):
        raise ModelFileError(f"its {_CONFIG} must hold a dict")
    training = config.pop("compile_config", None)
    weights = members[_WEIGHTS]
    with opened(weights) as root:
        model = deserialize_model(config, custom_objects, max_bytes_of(len(weights)))
        if compiled and training:
            compile_from(model, training, custom_objects)
        assign(read_weights(root, model, skip_mismatch=False))
        restore_optimizer(root, model)
    return model


def read_archived_weights(path: Path, model: "Model", *, skip_mismatch: bool) -> None:
    """Give a model the weights in the archive of another."""
    with opened(read_members(path, (_WEIGHTS,))[_WEIGHTS]) as root:
        assign(read_weights(root, model, skip_mismatch=skip_mismatch))
        restore_optimizer(root, model)


# Weights


def write_weights(root: Any, model: "Model", *, include_optimizer: bool) -> None:
    """Write the weights of a model, and what its optimizer remembers, into an HDF5 file."""
    for path, layer in _tree(model):
        group = root.create_group(f"{path}vars")
        group.attrs["name"] = layer.name
        for number, variable in enumerate(_own_variables(layer)):
            group[str(number)] = variable.value
    if include_optimizer and model.optimizer is not None:
        group = root.create_group(_OPTIMIZER)
        group.attrs["name"] = model.optimizer.name
        for number, value in enumerate(keras3_arrays(model.optimizer, model.trainable_variables)):
            group[str(number)] = value


def read_weights(root: Group, model: "Model", *, skip_mismatch: bool) -> list[Assignment]:
    """Read the weights of a model.

    Parameters
    ----------
    root : Group
        Of the file.
    model : Model
        Built.
    skip_mismatch : bool
        Whether to warn of weights that do not fit and go on, instead of raising an error.

    Returns
    -------
    list of (Variable, array)
        Nothing is assigned yet.

    Raises
    ------
    ModelFileError
        If weights are missing, or their numbers or shapes differ.
    """
    found: list[Assignment] = []
    for path, layer in _tree(model):
        variables = _own_variables(layer)
        shapes = _shapes(root, f"{path}vars")
        if shapes == [variable.shape for variable in variables]:
            found += [
                (variable, root.array(f"{path}vars/{number}", variable.shape))
                for number, variable in enumerate(variables)
            ]
            continue
        message = (
            f"layer '{layer.name}' expects weights of shapes {[variable.shape for variable in variables]} in "
            f"'{path}vars'. Received shapes: {shapes}"
        )
        if not skip_mismatch:
            raise ModelFileError(message)
        warnings.warn(f"Skipped: {message}", stacklevel=2)
    return found


def restore_optimizer(root: Group, model: "Model") -> None:
    """Let the optimizer of a compiled model go on where the one in the file was."""
    shapes = _shapes(root, _OPTIMIZER)
    if model.optimizer is not None and shapes:
        restore(
            model.optimizer,
            model.trainable_variables,
            shapes,
            lambda number: root.array(f"{_OPTIMIZER}/{number}", shapes[number]),
        )


def _shapes(root: Group, path: str) -> list[tuple[int, ...]]:
    """Return the shapes of the arrays 0, 1, 2, ... in a group, or none where there is no such group."""
    if path not in root:
        return []
    group = root.group(path)
    shapes: list[tuple[int, ...]] = []
    while str(len(shapes)) in group:
        shapes.append(group.shape(str(len(shapes))))
    return shapes


def max_bytes_of(file_size: int) -> int:
    """Return the memory that the weights in a file of that size may take: rows are padded to 64 bytes at most."""
    return 64 * file_size + 2**20


def _own_variables(layer: Layer) -> list[Variable]:
    """Return the variables of a layer without those of layers inside, first those that are trained unless frozen."""
    return sorted(layer._own_variables, key=lambda variable: not variable._trainable)


# The tree


def _tree(model: Layer) -> Iterator[tuple[str, Layer]]:
    """Return a model and all layers inside it with their places: "" or "layers/dense_1/"."""
    return _walk(model, "", set())


def _walk(layer: Layer, path: str, seen: set[Layer]) -> Iterator[tuple[str, Layer]]:
    if layer in seen:
        return
    seen.add(layer)
    yield path, layer
    for name, value in _children(layer):
        yield from _walk_value(value, f"{path}{name}/", seen)


def _walk_value(value: Any, path: str, seen: set[Layer]) -> Iterator[tuple[str, Layer]]:
    if isinstance(value, Layer):
        yield from _walk(value, path, seen)
    elif isinstance(value, list | tuple | dict):
        numbers: Counter[str] = Counter()
        for each in value.values() if isinstance(value, dict) else value:
            name = _kind(each) if isinstance(each, Layer) else "container"
            number = numbers[name]
            numbers[name] += isinstance(each, Layer | list | tuple | dict)
            yield from _walk_value(each, f"{path}{name}_{number}/" if number else f"{path}{name}/", seen)


def _kind(layer: Layer) -> str:
    """Return the name of a layer's class in paths; Keras has a class of its own for functional models."""
    return "functional" if type(layer) is _model_class() else snake_case(type(layer).__name__)


def _model_class() -> type["Model"]:
    from fastmlp.models.model import Model  # which imports this package

    return Model


def _children(layer: Layer) -> list[tuple[str, Any]]:
    """Return a layer's attributes in which layers may be, as Keras orders them: private ones last.

    The layers of a Sequential or functional model come first; those of a subclass have their place among the others.
    """
    found = {name: value for name, value in vars(layer).items() if name not in _BASE}
    first = None
    if isinstance(layer, _model_class()):
        found["layers"] = layer.layers
        first = "layers" if type(layer).call is _model_class().call else None
    names = sorted(found, key=lambda name: (name != first, name.startswith("_"), name))
    return [(name, found[name]) for name in names]


_BASE = frozenset(vars(Layer(name="layer")))
