"""Learning rates that change with the number of steps: give one to an optimizer as its `learning_rate`."""

from fastmlp.optimizers.schedules.cosines import CosineDecay, CosineDecayRestarts
from fastmlp.optimizers.schedules.decays import (
    ExponentialDecay,
    InverseTimeDecay,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from fastmlp.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, deserialize, serialize

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]
