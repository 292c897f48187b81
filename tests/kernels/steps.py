"""Scalars of every optimizer, as the engine gives them to a step, the extra terms of a step, and slots in use."""

import numpy as np

import reference
from reference import Matrix

HYPER: dict[str, tuple[float, ...]] = {
    "sgd": (0.1,),
    "momentum": (0.1, 0.9),
    "nesterov": (0.1, 0.9),
    "adam": (0.01, 0.9, 0.999, 1e-7),
    "amsgrad": (0.01, 0.9, 0.999, 1e-7),
    "adamax": (0.01, 0.9, 0.999, 1e-7),
    "nadam": (0.01, 0.9, 0.999, 1e-7, 0.7, 0.3, 20.0),
    "rmsprop": (0.01, 0.9, 1e-7),
    "rmsprop_momentum": (0.01, 0.9, 1e-7, 0.8),
    "rmsprop_centered": (0.01, 0.9, 1e-3),
    "rmsprop_centered_momentum": (0.01, 0.9, 1e-3, 0.8),
    "adagrad": (0.1, 1e-7),
    "adadelta": (0.5, 0.9, 1e-3),
    "ftrl": (0.1, -0.5, 0.01, 0.02, 0.03, 0.04),
    "lion": (0.01, 0.9, 0.99),
    "lamb": (0.01, 0.9, 0.999, 1e-7, 10.0, 20.0),
    "schedule_free": (0.01, 0.9, 0.999, 1e-7, 0.0, 20.0, 0.25),
}
TERMS: list[dict[str, float]] = [
    {},
    {"l1": 0.1},
    {"l2": 0.2},
    {"clip": 0.5},
    {"decay": 0.01},
    {"l1": 0.1, "l2": 0.2, "clip": 0.5, "decay": 0.01},
]


def used_slots(optimizer: str, *shape: int) -> list[Matrix]:
    """Return slots as they are after a while: none negative, some zero."""
    rng = np.random.default_rng(shape)
    values = list(rng.random((reference.SLOTS[optimizer], *shape)) * rng.choice([1.0, 0.0], size=shape))
    if optimizer == "ftrl":
        values[0] += 0.1
    if optimizer.startswith("rmsprop_centered"):
        values[-1] *= values[0]  # a mean whose square is below the mean of the squares
    return values
