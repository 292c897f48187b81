"""Losses and metrics over epochs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastmlp.callbacks import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_curves(history: History | Mapping[str, Sequence[float]]) -> "Figure":
    """Draw every loss and metric of a training run over its epochs.

    Parameters
    ----------
    history : History or mapping
        What `fit` returned, or its `history`: a list of numbers for each name. Of a list that is shorter than the
        others, as `validation_freq` makes it, the numbers are taken to be equally far apart.

    Returns
    -------
    matplotlib.figure.Figure
        One axes with a line for each key. It belongs to no window: save it with `savefig`, or let a notebook show it.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If there is nothing to draw.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    curves = history.history if isinstance(history, History) else history
    count = max(map(len, curves.values()), default=0)
    if not count:
        raise ValueError(f"`history` must have at least one epoch. Received: {dict(curves)}")
    epochs = np.array(history.epoch if isinstance(history, History) else range(count)) + 1
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for name, values in curves.items():
        every = len(epochs) // max(1, len(values))
        at = epochs[every - 1 :: every][: len(values)]
        axes.plot(at, values, label=name, linestyle="--" if name.startswith("val_") else "-")
    axes.set_xlabel("epoch")
    if min(min(values, default=0) for values in curves.values()) >= 0:
        axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True)
    axes.legend()
    return figure
