"""A drawing of a model: a box for each call of a layer, arrows between them."""

import os
from typing import TYPE_CHECKING, Any, Literal

from fastmlp.plotting._boxes import Box, boxes_of
from fastmlp.plotting._ranks import Place, places_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fastmlp.models import Model

# Inches.
_LINE = 0.2  # height of a line of text
_CHARACTER = 0.09
_PADDING = 0.12  # around the text of a box
_GAP = 0.35  # between boxes


def plot_model(
    model: "Model",
    to_file: str | os.PathLike[str] | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: Literal["TB", "BT", "LR", "RL"] = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
) -> "Figure":
    """Draw a model as a diagram of its layers. It takes matplotlib, not graphviz.

    Parameters
    ----------
    model : Model
        Built. Of a model with a `call` of its own only that is known which it reads and returns.
    to_file : path or None
        Where to save the drawing; the ending says in which format.
    show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable : bool
        What to write into the boxes besides the layers' classes.
    rankdir : {"TB", "BT", "LR", "RL"}
        Where the data goes: from top to bottom, bottom to top, left to right, right to left.
    expand_nested : bool
        Whether models within the model are drawn with their layers, in grey boxes.
    dpi : int
        Dots per inch of the file.

    Returns
    -------
    matplotlib.figure.Figure
        The drawing.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If the model is not built, or `rankdir` is none of those.
    """
    from matplotlib.figure import Figure

    if rankdir not in ("TB", "BT", "LR", "RL"):
        raise ValueError(f"`rankdir` must be 'TB', 'BT', 'LR' or 'RL'. Received: rankdir={rankdir!r}")
    if not model.built or not model.outputs:
        raise ValueError(
            f"Model '{model.name}' must be built before it can be drawn: give `input_shape` to the first layer, call "
            "`build`, or train it on data."
        )
    shown = {
        "names": show_layer_names,
        "activations": show_layer_activations,
        "shapes": show_shapes,
        "dtypes": show_dtype,
        "trainable": show_trainable,
    }
    boxes = boxes_of(model, {what for what, wanted in shown.items() if wanted}, expand_nested)
    width = max(len(line) for box in boxes for line in box.lines) * _CHARACTER + 2 * _PADDING
    height = max(len(box.lines) for box in boxes) * _LINE + 2 * _PADDING
    upright = rankdir in ("TB", "BT")
    across, along = (width, height) if upright else (height, width)
    places = places_of(boxes, box_size=across + _GAP, lane_size=_GAP, rank_size=along + 1.5 * _GAP)
    turn = {"TB": (1, -1), "BT": (1, 1), "LR": (1, -1), "RL": (-1, -1)}[rankdir]

    def at(place: Place) -> tuple[float, float]:
        x, y = (place.across, place.along) if upright else (place.along, place.across)
        return turn[0] * x, turn[1] * y

    centres = {box: at(place) for box, place in places.boxes.items()}
    xs, ys = zip(*centres.values(), *(at(place) for way in places.ways for place in way), strict=True)
    left, right = min(xs) - width / 2 - _GAP, max(xs) + width / 2 + _GAP
    bottom, top = min(ys) - height / 2 - _GAP, max(ys) + height / 2 + _GAP
    figure = Figure(figsize=(right - left, top - bottom))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    for way in places.ways:
        _draw_arrow(
            axes, [at(place) for place in way], (0, turn[1] * height / 2) if upright else (turn[0] * width / 2, 0)
        )
    for box, centre in centres.items():
        _draw_box(axes, box, centre, width, height)
    if to_file is not None:
        figure.savefig(os.fspath(to_file), dpi=dpi)
    return figure


def _draw_box(axes: "Axes", box: Box, centre: tuple[float, float], width: float, height: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    corner = centre[0] - width / 2, centre[1] - height / 2
    colour = "0.9" if box.inside else "white"
    style = "round,pad=0,rounding_size=0.06"
    axes.add_patch(FancyBboxPatch(corner, width, height, style, facecolor=colour, edgecolor="black", zorder=3))
    axes.text(*centre, "\n".join(box.lines), ha="center", va="center", fontsize=9, zorder=4)


def _draw_arrow(axes: "Axes", way: list[tuple[float, float]], half_box: Any) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    (x0, y0), *between, (x1, y1) = way
    dx, dy = half_box
    path = Path([(x0 + dx, y0 + dy), *between, (x1 - dx, y1 - dy)])
    axes.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=10, shrinkA=0, shrinkB=0, color="black"))
