"""Nested lists, tuples and dicts of things: how models and layers take several inputs and give several outputs."""

from collections.abc import Callable, Iterable
from typing import Any


def flatten(structure: Any) -> list[Any]:
    """Return the leaves in order; dicts by the order of their keys."""
    if isinstance(structure, dict):
        return [leaf for branch in structure.values() for leaf in flatten(branch)]
    if isinstance(structure, list | tuple):
        return [leaf for branch in structure for leaf in flatten(branch)]
    return [structure]


def map_structure(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the same structure with `function` applied to every leaf."""
    if isinstance(structure, dict):
        return {key: map_structure(function, branch) for key, branch in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(map_structure(function, branch) for branch in structure)
    return function(structure)


def pack_like(structure: Any, leaves: Iterable[Any]) -> Any:
    """Return `leaves` in the shape of `structure`."""
    rest = iter(leaves)
    return map_structure(lambda _: next(rest), structure)
