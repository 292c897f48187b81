"""Figures of what training did. matplotlib is imported by the function that draws, and comes with `fastmlp[plot]`."""

from typing import TYPE_CHECKING

from fastmlp.callbacks import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def learning_curves(history: History) -> "Figure":
    """Draw every loss and metric of a training run over its epochs.

    Parameters
    ----------
    history : History
        What `fit` returned.

    Returns
    -------
    matplotlib.figure.Figure
        One axes with a line for each key of `history.history`. It belongs to no window: save it with `savefig`, or let
        a notebook show it.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    epochs = [epoch + 1 for epoch in history.epoch]
    for name, values in history.history.items():
        axes.plot(epochs, values, label=name, linestyle="--" if name.startswith("val_") else "-")
    axes.set_xlabel("epoch")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True)
    axes.legend()
    return figure
