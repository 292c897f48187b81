"""Checks of the values of targets, made before anything of a model changes. Shapes are checked elsewhere."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_finite(targets: NDArray[Any]) -> None:
    """Raise a ValueError if a target is NaN or infinite."""
    if targets.dtype.kind == "f" and not np.isfinite(targets).all():
        raise ValueError(f"Targets must be finite numbers. Received: {first_wrong(targets, ~np.isfinite(targets))}")


def check_labels(targets: NDArray[Any], classes: int) -> None:
    """Raise a ValueError if a target is not one of the class indices 0, 1, ..., `classes` - 1."""
    low, high = targets.min(), targets.max()
    if not (low >= 0 and high < classes):  # so that NaN fails too
        wrong = ~((targets >= 0) & (targets < classes))
    elif targets.dtype.kind == "f":
        wrong = targets != np.floor(targets)
        if not wrong.any():
            return
    else:
        return
    raise ValueError(f"Targets must be class indices from 0 to {classes - 1}. Received: {first_wrong(targets, wrong)}")


def check_probabilities(targets: NDArray[Any]) -> None:
    """Raise a ValueError if a target is not between 0 and 1."""
    if not (targets.min() >= 0 and targets.max() <= 1):
        wrong = ~((targets >= 0) & (targets <= 1))
        raise ValueError(f"Targets of a binary loss must be between 0 and 1. Received: {first_wrong(targets, wrong)}")


def check_shares(targets: NDArray[Any]) -> None:
    """Raise a ValueError if a target, which says how much a class counts, is negative or not finite."""
    if not (targets.min() >= 0 and targets.max() < np.inf):
        wrong = ~((targets >= 0) & (targets < np.inf))
        raise ValueError(f"Targets of classes must not be negative. Received: {first_wrong(targets, wrong)}")


def first_wrong(values: NDArray[Any], wrong: NDArray[np.bool_]) -> str:
    """Return the first wrong value and where it is, for a message."""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{values[index].item()} at index {index if len(index) > 1 else index[0]}"
