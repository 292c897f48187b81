"""Nested lists, tuples and dicts of things: how models and layers take several inputs and give several outputs."""

from collections.abc import Callable, Iterable
from typing import Any

_BRANCHING = (list, tuple, dict)


def flatten(structure: Any) -> list[Any]:
    """Return the leaves in order; dicts by the order of their keys."""
    if not isinstance(structure, _BRANCHING):
        return [structure]
    branches = structure.values() if isinstance(structure, dict) else structure
    leaves: list[Any] = []
    for branch in branches:
        if isinstance(branch, _BRANCHING):
            leaves += flatten(branch)
        else:
            leaves.append(branch)
    return leaves


def map_structure(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the same structure with `function` applied to every leaf."""
    if not isinstance(structure, _BRANCHING):
        return function(structure)
    if isinstance(structure, dict):
        return {key: map_structure(function, branch) for key, branch in structure.items()}
    return type(structure)(map_structure(function, branch) for branch in structure)


def pack_like(structure: Any, leaves: Iterable[Any]) -> Any:
    """Return `leaves` in the shape of `structure`."""
    rest = iter(leaves)
    return map_structure(lambda _: next(rest), structure)
