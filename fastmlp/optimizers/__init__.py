"""Optimizers: how weights follow their gradients. They keep rates and slots here; the engine does the steps."""

from fastmlp.optimizers.adam import Adam
from fastmlp.optimizers.optimizer import Optimizer, deserialize, get, serialize
from fastmlp.optimizers.rmsprop import RMSprop
from fastmlp.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "deserialize", "get", "serialize"]
