"""Multilayer perceptrons on the CPU, near the machine's limit, with Keras' interface."""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

from fastmlp import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    plotting,
    random,
    regularizers,
    saving,
    utils,
)
from fastmlp.layers import Input
from fastmlp.models import Model, Sequential

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plotting",
    "random",
    "regularizers",
    "saving",
    "utils",
]


def __getattr__(name: str) -> ModuleType:
    """Import `wrappers` when it is first used: it brings scikit-learn."""
    if name == "wrappers":
        return import_module("fastmlp.wrappers")
    raise AttributeError(f"module 'fastmlp' has no attribute {name!r}")
