"""Sample images and what a model says of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sample_images(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    columns: int = 10,
) -> "Figure":
    """Draw images in rows, each under its class.

    Parameters
    ----------
    images : array-like, shape (n, height, width) or (n, height, width, 3)
        Grey images of any range, or coloured ones, floats from 0 to 1 or uint8.
    labels : array-like of int, shape (n,), optional
        Their true classes.
    predictions : array-like, shape (n,) or (n, classes), optional
        Predicted classes, or their probabilities. With labels too, wrong ones are red, with the true class below.
    class_names : sequence of str, optional
        What to write for each class, instead of its number.
    columns : int
        Images in a row.

    Returns
    -------
    matplotlib.figure.Figure
        One axes for each image.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If shapes do not fit.
    """
    from matplotlib.figure import Figure

    pixels = np.asarray(images)
    if pixels.ndim not in (3, 4) or not len(pixels):
        raise ValueError(
            f"`images` must have shape (n, height, width) or (n, height, width, 3). Received: {pixels.shape}"
        )
    if not isinstance(columns, int) or columns < 1:
        raise ValueError(f"`columns` must be a positive integer. Received: columns={columns!r}")
    true = _names("labels", labels, len(pixels), class_names)
    predicted = _names("predictions", predictions, len(pixels), class_names)
    columns = min(columns, len(pixels))
    rows = -(-len(pixels) // columns)
    figure = Figure(figsize=(1.3 * columns, 1.6 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for i, axes in zip(range(len(pixels)), grid, strict=False):
        axes.imshow(pixels[i], cmap="binary", interpolation="nearest")
        written = [names[i] for names in (predicted, true) if names is not None]
        wrong = len(set(written)) == 2
        title = f"{written[0]}\n({written[1]})" if wrong else written[0] if written else ""
        axes.set_title(title, fontsize=9, color="red" if wrong else "black")
    return figure


def _names(argument: str, given: ArrayLike | None, count: int, class_names: Sequence[str] | None) -> list[str] | None:
    """Return what to write of each image's class."""
    if given is None:
        return None
    classes: NDArray[Any] = np.asarray(given)
    if classes.ndim == 2 and classes.shape[1] > 1:
        classes = classes.argmax(axis=1)
    classes = classes.ravel()
    if len(classes) != count:
        raise ValueError(f"`{argument}` must be as many as the images, {count}. Received: {len(classes)}")
    return [str(each) if class_names is None else class_names[int(each)] for each in classes]
