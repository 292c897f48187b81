"""Helpers: seeds, threads, labels, names of the user's own classes."""

from fastmlp._custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from fastmlp._registry import deserialize_keras_object, serialize_keras_object
from fastmlp.utils.runtime import get_num_threads, set_num_threads, show_config
from fastmlp.utils.state import clear_session, set_random_seed
from fastmlp.utils.to_categorical import to_categorical

__all__ = [
    "CustomObjectScope",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_num_threads",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_num_threads",
    "set_random_seed",
    "show_config",
    "to_categorical",
]
