"""The settings that all optimizers have, and checks of them."""

import math
from numbers import Real
from typing import TypedDict

from fastmlp.optimizers._rates import LearningRate


class Common(TypedDict, total=False):
    """What every optimizer takes beside its own arguments, but for the decay of weights; see Optimizer."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None
    lr: LearningRate


class Settings(Common, total=False):
    """What every optimizer takes beside its own arguments."""

    weight_decay: float | None


def optional(name: str, value: float | None) -> float | None:
    """Return a number of at least 0, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value < math.inf:
        raise ValueError(f"`{name}` must be a number of at least 0 or None. Received: {name}={value!r}")
    return float(value)


def share(name: str, value: float) -> float:
    """Return a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
        raise ValueError(f"`{name}` must be in the range [0, 1]. Received: {name}={value!r}")
    return float(value)


def count(name: str, value: int | None, least: int) -> int | None:
    """Return an integer that is not below `least`, or None."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
        raise ValueError(f"`{name}` must be an integer >= {least} or None. Received: {name}={value!r}")
    return value


def at_most_one(**settings: float | None) -> None:
    """Raise unless at most one of some settings is given."""
    if sum(value is not None for value in settings.values()) > 1:
        received = ", ".join(f"{name}={value}" for name, value in settings.items())
        raise ValueError(f"Only one of {', '.join(f'`{name}`' for name in settings)} can be set. Received: {received}")
