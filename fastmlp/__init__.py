"""Multilayer perceptrons on the CPU, near the machine's limit, with Keras' interface."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

from fastmlp import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
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

if TYPE_CHECKING:
    from fastmlp import datasets as datasets
    from fastmlp import estimators as estimators
    from fastmlp import plotting as plotting
    from fastmlp import wrappers as wrappers
    from fastmlp.estimators import MLPClassifier as MLPClassifier
    from fastmlp.estimators import MLPRegressor as MLPRegressor
    from fastmlp.estimators import Perceptron as Perceptron

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


# What not everybody needs is imported when it is first used. That which brings scikit-learn is not in `__all__`.
_LATE = {
    "MLPClassifier": "fastmlp.estimators",
    "MLPRegressor": "fastmlp.estimators",
    "Perceptron": "fastmlp.estimators",
    "datasets": None,
    "estimators": None,
    "plotting": None,
    "wrappers": None,
}


def __getattr__(name: str) -> Any:
    """Import a module, or a name from its module, when it is first used."""
    if name not in _LATE:
        raise AttributeError(f"module 'fastmlp' has no attribute {name!r}")
    module = _LATE[name]
    return import_module(f"fastmlp.{name}") if module is None else getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
