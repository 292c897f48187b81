"""Helpers: seeds, threads, labels."""

from fastmlp.utils.runtime import get_num_threads, set_num_threads, show_config
from fastmlp.utils.state import clear_session, set_random_seed
from fastmlp.utils.to_categorical import to_categorical

__all__ = [
    "clear_session",
    "get_num_threads",
    "set_num_threads",
    "set_random_seed",
    "show_config",
    "to_categorical",
]
