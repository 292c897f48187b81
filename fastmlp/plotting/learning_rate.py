"""Finds the learning rate above which training diverges."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import random
from fastmlp.callbacks import Callback
from fastmlp.models import Model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The loss climbs when this share of its drop is lost again: a little more than what batches differ by.
_CLIMB = 0.05

# The rate is tried for so many times the steps in which it grew: rare samples are met that were not met at that rate.
_TRIAL = 4


@dataclass(frozen=True)
class LearningRateCurve:
    """The loss of a training whose learning rate grew from batch to batch.

    Attributes
    ----------
    rates : numpy.ndarray, shape (n,)
        The learning rate of each step.
    losses : numpy.ndarray, shape (n,)
        The loss of each batch before its step. The last one is no finite number if training came to that.
    diverges : float or None
        The lowest rate at which training was seen to diverge; None if the loss does not drop, or does not climb then.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    diverges: float | None

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The losses without the noise of batches: running medians, shape (n,), in which single batches are lost."""
        return _smoothed(self.losses)

    @property
    def suggestion(self) -> float | None:
        """Half of the rate at which training diverges; None if that is not known."""
        return None if self.diverges is None else self.diverges / 2

    def __repr__(self) -> str:
        return f"LearningRateCurve(steps={len(self.rates)}, suggestion={self.suggestion})"

    def plot(self) -> "Figure":
        """Draw the loss over the learning rate, whose axis is logarithmic, and the suggestion.

        Returns
        -------
        matplotlib.figure.Figure
            One axes, from the lowest loss to a little above the first.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.subplots()
        axes.plot(self.rates, self.losses, color="C0", alpha=0.3, label="loss of a batch")
        axes.plot(self.rates, self.smoothed, color="C0", label="running median")
        if self.suggestion is not None:
            axes.axvline(self.suggestion, color="C1", linestyle="--", label=f"suggestion: {self.suggestion:.2g}")
        lowest, first = float(self.smoothed.min()), float(self.smoothed[0])
        if lowest < first:
            axes.set_ylim(lowest - 0.1 * (first - lowest), first + 0.3 * (first - lowest))
        axes.set_xscale("log")
        axes.set_xlabel("learning rate")
        axes.set_ylabel("loss")
        axes.grid(visible=True)
        axes.legend()
        return figure


def find_learning_rate(
    model: Model,
    x: Any,
    y: Any = None,
    low: float = 1e-5,
    high: float = 10,
    iterations: int = 500,
    batch_size: int = 32,
) -> LearningRateCurve:
    """Train for some hundred steps with a growing learning rate, and tell from the loss which rate would be good.

    A good one is about half of the one above which training diverges. The rate is multiplied by the same number after
    each step; where the loss, once it has dropped, starts to climb, training diverges. Samples far from all others may
    not be met at the rates that are too high for them, so then four times as many steps are done at half of that rate;
    if the loss stays high there, half of that is tried, and so on. All steps are undone: weights, optimizer and the
    random generator are left as they were.

    Parameters
    ----------
    model : Model
        Compiled. Its optimizer starts anew for these steps.
    x, y
        Data as for `fit`; each step takes a batch at random.
    low, high : float
        The first and the last rate.
    iterations : int
        Steps in which the rate grows; fewer are done when the loss is no finite number any more.
    batch_size : int
        Rows of a batch.

    Returns
    -------
    LearningRateCurve
        Rates, losses, `suggestion`, and `plot`.

    Raises
    ------
    ValueError
        If an argument cannot be what it should.
    """
    if not 0 < low < high:
        raise ValueError(f"`low` must be positive and less than `high`. Received: low={low}, high={high}")
    if not isinstance(iterations, int) or iterations < 2:
        raise ValueError(f"`iterations` must be an integer of at least 2. Received: iterations={iterations!r}")
    if model.optimizer is None:
        raise ValueError("The model must be compiled before a learning rate is looked for.")
    if not model.built:
        model.build_for(x)
    rates = np.geomspace(low, high, iterations)
    losses = _losses(model, x, y, rates, batch_size)
    rates = rates[: len(losses)]
    diverges = _diverging(rates, losses)
    while diverges is not None and diverges > low:
        trial = _losses(model, x, y, np.full(_TRIAL * iterations, diverges / 2), batch_size)
        if trial[len(trial) // 2 :].mean() <= _limit(losses):
            break
        diverges /= 2
    return LearningRateCurve(rates, losses, diverges)


def _smoothed(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    reach = len(losses) // 40
    finite = np.where(np.isnan(losses), np.inf, losses)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(finite, reach, mode="edge"), 2 * reach + 1)
    medians: NDArray[np.float64] = np.median(windows, axis=1)
    return medians


def _limit(losses: NDArray[np.float64]) -> float:
    """Return the loss above which it climbs, or infinity where it has not dropped."""
    smoothed = _smoothed(losses)
    drop = smoothed[0] - smoothed.min()
    return float(smoothed.min() + _CLIMB * drop) if drop > 0 else np.inf


def _diverging(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float | None:
    """Return the rate from which on the smoothed loss is higher than it should be, once it has been lower."""
    high = _smoothed(losses) > _limit(losses)
    climbs = np.flatnonzero(high & ~np.logical_and.accumulate(high))
    return float(rates[climbs[0]]) if len(climbs) else None


def _losses(model: Model, x: Any, y: Any, rates: NDArray[np.float64], batch_size: int) -> NDArray[np.float64]:
    """Return the loss of each batch of a training with these rates, which is undone; it ends with the first NaN."""
    growing = _Rates(rates)
    with _undone(model):
        model.fit(x, y, batch_size, epochs=len(rates), steps_per_epoch=1, verbose=0, callbacks=[growing])
    return np.array(growing.losses)


class _Rates(Callback):
    """Sets the rate of each epoch, which is one step, and keeps its loss."""

    def __init__(self, rates: NDArray[np.float64]) -> None:
        self.rates = rates
        self.losses: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.model.optimizer.learning_rate = float(self.rates[epoch])

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.losses.append((logs or {})["loss"])
        self.model.stop_training = not np.isfinite(self.losses[-1])


@contextmanager
def _undone(model: Model) -> Iterator[None]:
    """Let a model be trained in the block, with an optimizer like its own, and be as it was afterwards."""
    optimizer, history, stop_training = model.optimizer, model.history, model.stop_training
    assert optimizer is not None  # the model is compiled
    values = [(variable, np.array(variable.value)) for variable in model.variables]
    draws = random.generator().bit_generator
    state = draws.state
    model.optimizer = type(optimizer).from_config(optimizer.get_config())
    try:
        yield
    finally:
        model.optimizer, model.history, model.stop_training = optimizer, history, stop_training
        for variable, value in values:
            variable.assign(value)
        draws.state = state
