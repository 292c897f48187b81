"""Optimizers: how weights follow their gradients. They keep rates and slots here; the engine does the steps."""

from typing import NoReturn

from fastmlp.optimizers import legacy, schedules
from fastmlp.optimizers.adadelta import Adadelta
from fastmlp.optimizers.adafactor import Adafactor
from fastmlp.optimizers.adagrad import Adagrad
from fastmlp.optimizers.adam import Adam
from fastmlp.optimizers.adamax import Adamax
from fastmlp.optimizers.adamw import AdamW
from fastmlp.optimizers.ftrl import Ftrl
from fastmlp.optimizers.lamb import Lamb
from fastmlp.optimizers.lion import Lion
from fastmlp.optimizers.muon import Muon
from fastmlp.optimizers.nadam import Nadam
from fastmlp.optimizers.optimizer import Optimizer, deserialize, get, serialize
from fastmlp.optimizers.rmsprop import RMSprop
from fastmlp.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from fastmlp.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]


def __getattr__(name: str) -> NoReturn:
    reasons = {
        "LossScaleOptimizer": "it is for float16; in float32 and float64 gradients need no scaling: take the inner one",
        "MultiOptimizer": "all weights of a model have one optimizer",
        "OptimizerMap": "all weights of a model have one optimizer",
    }
    reason = f": {reasons[name]}" if name in reasons else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{reason}")
