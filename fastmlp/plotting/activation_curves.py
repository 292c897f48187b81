"""Activation functions and their derivatives."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import activations as known
from fastmlp.activations import Activation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINTS = 1000  # even, so that 0, where many functions have a kink or a jump, is none of them
_STEP = 1e-6  # of the central differences, which are then exact to 9 digits in float64


def plot_activations(
    activations: Sequence[str | Activation] = ("step", "sigmoid", "tanh", "relu"), low: float = -5, high: float = 5
) -> "Figure":
    """Draw activation functions, and beside them their derivatives.

    Parameters
    ----------
    activations : sequence of str or callable
        Names, or functions of an array that work on each element by itself.
    low, high : float
        The interval.

    Returns
    -------
    matplotlib.figure.Figure
        Two axes with a line for each function.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If a name is unknown or the interval is empty.
    """
    from matplotlib.figure import Figure

    if not low < high:
        raise ValueError(f"`low` must be less than `high`. Received: low={low}, high={high}")
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    z = np.linspace(low, high, _POINTS)
    for each in activations:
        function = known.get(each)
        label = each if isinstance(each, str) else getattr(function, "__name__", str(function))
        left.plot(z, function(z), label=label)
        right.plot(z, _derivative(function, z), label=label)
    for axes, title in ((left, "activation functions"), (right, "derivatives")):
        axes.set_title(title)
        axes.set_xlabel("z")
        axes.grid(visible=True)
        axes.legend()
    left.set_ylim(max(-1.2, left.get_ylim()[0]), min(1.2, left.get_ylim()[1]))
    return figure


def _derivative(function: Activation, z: NDArray[np.float64]) -> NDArray[Any]:
    difference: NDArray[Any] = np.asarray(function(z + _STEP)) - np.asarray(function(z - _STEP))
    return difference / (2 * _STEP)
