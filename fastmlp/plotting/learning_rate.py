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


@dataclass(frozen=True)
class LearningRateCurve:
    """The loss of a training whose learning rate grew from batch to batch.

    Attributes
    ----------
    rates : numpy.ndarray, shape (n,)
        The learning rate of each step.
    losses : numpy.ndarray, shape (n,)
        The loss of each batch before its step. The last one is no finite number if training came to that.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]

    @property
    def smoothed(self) -> NDArray[np.float64]:
        """The losses without the noise of batches: running means, shape (n,). Single bad batches are seen in them."""
        reach = len(self.losses) // 40
        losses = np.where(np.isnan(self.losses), np.inf, self.losses)
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(losses, reach, mode="edge"), 2 * reach + 1)
        means: NDArray[np.float64] = windows.mean(axis=1)
        return means

    @property
    def diverges(self) -> float | None:
        """The rate at which the loss, once it has dropped, starts to climb; None if it does not drop or climb."""
        losses = self.smoothed
        lowest = int(np.argmin(losses))
        gain = losses[0] - losses[lowest]
        climbed = np.flatnonzero(losses[lowest:] > losses[lowest] + _CLIMB * gain)
        return float(self.rates[lowest + climbed[0]]) if gain > 0 and len(climbed) else None

    @property
    def suggestion(self) -> float | None:
        """Half of the rate at which the loss starts to climb; None if it does not drop or climb."""
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
        axes.plot(self.rates, self.smoothed, color="C0", label="running mean")
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
    each step. Where rare samples are far from the others, a longer training may diverge at lower rates too. All steps
    are undone: weights, optimizer and the random generator are left as they were.

    Parameters
    ----------
    model : Model
        Compiled. Its optimizer starts anew for these steps.
    x, y
        Data as for `fit`; each step takes a batch at random.
    low, high : float
        The first and the last rate.
    iterations : int
        Steps; fewer are done when the loss is no finite number any more.
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
    growing = _Growing(np.geomspace(low, high, iterations))
    with _undone(model):
        model.fit(x, y, batch_size, epochs=iterations, steps_per_epoch=1, verbose=0, callbacks=[growing])
    return LearningRateCurve(growing.rates[: len(growing.losses)], np.array(growing.losses))


class _Growing(Callback):
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
