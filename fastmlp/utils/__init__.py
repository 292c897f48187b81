"""Helpers: seeds, threads, labels, data sets, names of the user's own classes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastmlp._custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from fastmlp._registry import deserialize_keras_object, serialize_keras_object
from fastmlp.utils.batches import pack_x_y_sample_weight, unpack_x_y_sample_weight
from fastmlp.utils.normalize import normalize
from fastmlp.utils.py_dataset import PyDataset
from fastmlp.utils.runtime import get_num_threads, set_num_threads, show_config
from fastmlp.utils.split_dataset import split_dataset
from fastmlp.utils.state import clear_session, set_random_seed
from fastmlp.utils.tensors import get_source_inputs, is_keras_tensor
from fastmlp.utils.to_categorical import to_categorical

if TYPE_CHECKING:
    from fastmlp.plotting import plot_model

Sequence = PyDataset  # its name in Keras 2

__all__ = [
    "CustomObjectScope",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_num_threads",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "is_keras_tensor",
    "normalize",
    "pack_x_y_sample_weight",
    "plot_model",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_num_threads",
    "set_random_seed",
    "show_config",
    "split_dataset",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


def __getattr__(name: str) -> Any:
    # Keras has it here; it is made of rooms above this one, which are imported when it is asked for.
    if name == "plot_model":
        return import_module("fastmlp.plotting").plot_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
