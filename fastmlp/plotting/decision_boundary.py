"""Where in the plane a classifier decides for which class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def decision_boundary(
    model: Any,
    x: ArrayLike,
    y: ArrayLike,
    resolution: int = 200,
    axis_names: Sequence[str] = ("x1", "x2"),
) -> "Figure":
    """Draw the regions of a classifier's classes, and samples in the colours of theirs.

    Parameters
    ----------
    model : Model or scikit-learn's classifier
        What `predict` returns for points, shape (n, 2), are classes, shape (n,), or probabilities: shape (n, 1), of the
        second of two classes, or (n, classes).
    x : array-like, shape (samples, 2)
        Samples; they say which part of the plane is drawn.
    y : array-like, shape (samples,)
        Their classes.
    resolution : int
        Points along each axis at which the model is asked.
    axis_names : sequence of str
        What to write at the axes.

    Returns
    -------
    matplotlib.figure.Figure
        One axes.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If shapes do not fit.
    """
    from matplotlib.figure import Figure

    points, classes = np.asarray(x, np.float64), np.asarray(y).ravel()
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(classes) or not len(points):
        raise ValueError(
            "`x` must have shape (samples, 2) and `y` a class for each sample. "
            f"Received: shapes {points.shape} and {classes.shape}"
        )
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.25 * (high - low), 1)
    horizontal, vertical = np.linspace(low - margin, high + margin, resolution, axis=1)
    plane = np.stack(np.meshgrid(horizontal, vertical), axis=-1)
    decided = _classes(model.predict(plane.reshape(-1, 2)))
    labels, numbers = np.unique(np.concatenate([decided, classes]), return_inverse=True)
    regions = numbers[: len(decided)].reshape(resolution, resolution)

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    colours = [f"C{i % 10}" for i in range(len(labels))]
    axes.contourf(horizontal, vertical, regions, levels=np.arange(len(labels) + 1) - 0.5, colors=colours, alpha=0.3)
    for label, colour in zip(labels, colours, strict=True):
        axes.scatter(*points[classes == label].T, color=colour, edgecolors="black", label=str(label), zorder=2)
    axes.set_xlabel(axis_names[0])
    axes.set_ylabel(axis_names[1])
    axes.legend(title="class")
    return figure


def _classes(predicted: Any) -> NDArray[Any]:
    """Return the class of each row of a prediction."""
    array = np.asarray(predicted)
    if array.ndim < 2:
        return array
    return array.argmax(axis=1) if array.shape[1] > 1 else (array[:, 0] > 0.5).astype(np.int64)
