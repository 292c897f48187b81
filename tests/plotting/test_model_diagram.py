from pathlib import Path
from typing import Any

import pytest

import fastmlp
from fastmlp import Input, Model, Sequential, layers
from fastmlp.utils import plot_model

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install fastmlp[plot]")
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Line


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    fastmlp.utils.clear_session()


def wide_and_deep() -> Model:
    wide, deep = Input(shape=[5], name="wide"), Input(shape=[6], name="deep")
    hidden = layers.Dense(30, activation="relu")(layers.Dense(30, activation="relu")(deep))
    output = layers.Dense(1)(layers.concatenate([wide, hidden]))
    return Model([wide, deep], [output, layers.Dense(1, name="aux")(hidden)])


def texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def boxes(figure: Any) -> list[Any]:
    return [patch.get_extents() for patch in figure.axes[0].patches if isinstance(patch, FancyBboxPatch)]


def arrows(figure: Any) -> list[FancyArrowPatch]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]


def test_there_is_a_box_for_every_layer_and_a_file(tmp_path: Path) -> None:
    figure = plot_model(wide_and_deep(), tmp_path / "model.png", dpi=50)
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(texts(figure)) == ["Concatenate", "Dense", "Dense", "Dense", "Dense", "InputLayer", "InputLayer"]
    assert len(arrows(figure)) == 6


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_nothing_lies_on_anything_else(rankdir: Any) -> None:
    figure = plot_model(wide_and_deep(), None, rankdir=rankdir, show_shapes=True, show_layer_names=True)
    figure.canvas.draw()
    places = boxes(figure)
    for text in figure.axes[0].texts:
        written = text.get_window_extent()
        assert (
            sum(
                box.containsx(written.x0)
                and box.containsx(written.x1)
                and box.containsy(written.y0)
                and box.containsy(written.y1)
                for box in places
            )
            == 1
        )
    for i, box in enumerate(places):
        assert not any(box.overlaps(other) for other in places[:i])
        for arrow in arrows(figure):
            for line in arrow.get_path().to_polygons(figure.axes[0].transData, closed_only=False):
                assert not Line(line).intersects_bbox(box.expanded(0.9, 0.9), filled=False)


@pytest.mark.parametrize(("rankdir", "axis", "sign"), [("TB", 1, -1), ("BT", 1, 1), ("LR", 0, 1), ("RL", 0, -1)])
def test_the_direction(rankdir: Any, axis: int, sign: int) -> None:
    figure = plot_model(Sequential([layers.Dense(1, input_shape=[2])]), None, rankdir=rankdir)
    way = {text.get_text(): text.get_position()[axis] for text in figure.axes[0].texts}
    assert sign * way["Dense"] > sign * way["InputLayer"]


def test_what_the_boxes_say() -> None:
    model = Sequential([layers.Dense(3, activation="tanh", input_shape=[2], trainable=False), layers.Flatten()])
    shown = dict.fromkeys(
        ["show_shapes", "show_dtype", "show_layer_names", "show_layer_activations", "show_trainable"], True
    )
    assert texts(plot_model(model, None, **shown)) == [
        "dense_input (InputLayer)\noutput: (None, 2)\ndtype: float32",
        "dense (Dense)\nactivation: tanh\ninput: (None, 2)\noutput: (None, 3)\ndtype: float32\nnot trainable",
        "flatten (Flatten)\ninput: (None, 3)\noutput: (None, 3)\ndtype: float32",
    ]


def test_models_within_models() -> None:
    inner = Sequential([layers.Dense(4), layers.Dropout(0.1)], name="inner")
    x = Input(shape=[8])
    model = Model(x, layers.Dense(1)(inner(x) + 1))
    closed = plot_model(model, None)
    assert texts(closed) == ["InputLayer", "Sequential", "Dense"]
    assert len(arrows(closed)) == 2
    opened = plot_model(model, None, expand_nested=True)
    assert texts(opened) == ["InputLayer", "inner/InputLayer", "inner/Dense", "inner/Dropout", "Dense"]
    assert len(arrows(opened)) == 4


def test_a_layer_called_twice() -> None:
    x, shared = Input(shape=[4]), layers.Dense(4)
    assert len(texts(plot_model(Model(x, shared(shared(x))), None))) == 3


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="must be built before it can be drawn"):
        plot_model(Sequential([layers.Dense(1)]), None)
    with pytest.raises(ValueError, match=r"`rankdir` must be 'TB', 'BT', 'LR' or 'RL'\. Received: rankdir='UP'"):
        plot_model(wide_and_deep(), None, rankdir="UP")  # type: ignore[arg-type]
