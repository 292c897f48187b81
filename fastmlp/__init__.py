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
from fastmlp.initializers import Initializer
from fastmlp.layers import Input, Layer
from fastmlp.losses import Loss
from fastmlp.metrics import Metric
from fastmlp.models import Model, Sequential
from fastmlp.optimizers import Optimizer
from fastmlp.regularizers import Regularizer
from fastmlp.variables import Variable

__all__ = [
    "Initializer",
    "Input",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
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
