from collections.abc import Callable

import pytest

import fastmlp
from fastmlp.layers import Concatenate, Dense, Flatten, Input
from fastmlp.models import Model, Sequential

CHAPTER = """\
Model: "sequential"
_________________________________________________________________
Layer (type)                 Output Shape              Param #
=================================================================
flatten (Flatten)            (None, 784)               0
_________________________________________________________________
dense (Dense)                (None, 300)               235500
_________________________________________________________________
dense_1 (Dense)              (None, 100)               30100
_________________________________________________________________
dense_2 (Dense)              (None, 10)                1010
=================================================================
Total params: 266,610
Trainable params: 266,610
Non-trainable params: 0
_________________________________________________________________
"""

WIDE_AND_DEEP = """\
Model: "model"
__________________________________________________________________________________________________
Layer (type)                    Output Shape         Param #     Connected to
==================================================================================================
wide_input (InputLayer)         [(None, 5)]          0
__________________________________________________________________________________________________
dense (Dense)                   (None, 5)            30          wide_input[0][0]
__________________________________________________________________________________________________
concatenate (Concatenate)       (None, 10)           0           wide_input[0][0]
                                                                 dense[0][0]
==================================================================================================
Total params: 30
Trainable params: 0
Non-trainable params: 30
__________________________________________________________________________________________________
"""


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    fastmlp.utils.clear_session()


def image_classifier() -> Sequential:
    return Sequential(
        [
            Flatten(input_shape=[28, 28]),
            Dense(300, activation="relu"),
            Dense(100, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )


def printed(summary: Callable[..., None], **arguments: object) -> str:
    lines: list[str] = []
    summary(print_fn=lines.append, **arguments)
    return "".join(line + "\n" for line in lines)


def test_the_image_classifier_of_the_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    image_classifier().summary()
    assert capsys.readouterr().out == CHAPTER


def test_a_model_with_branches_and_a_frozen_layer() -> None:
    x = Input((5,), name="wide_input")
    y = Concatenate()([x, Dense(5, trainable=False)(x)])
    assert printed(Model(x, y).summary) == WIDE_AND_DEEP


def test_a_shared_layer_has_several_sources_and_shapes() -> None:
    shared, x, y = Flatten(), Input((2, 3)), Input((4,))
    lines = printed(Model([x, y], [shared(x), shared(y)]).summary).splitlines()
    rows = [line for line in lines if line.startswith("flatten") or line.startswith(" ")]
    assert [row.split() for row in rows] == [
        ["flatten", "(Flatten)", "multiple", "0", "input_1[0][0]"],
        ["input_2[0][0]"],
    ]


def test_width_and_positions_can_be_chosen_and_cells_are_cut() -> None:
    text = printed(image_classifier().summary, line_length=40, positions=[0.3, 0.7, 1.0])
    assert "flatten (Fl (None, 784)     0\n" in text
    assert "_" * 40 + "\n" in text
    assert "_" * 41 not in text


def test_an_unbuilt_model_has_no_shapes_to_show() -> None:
    with pytest.raises(ValueError, match="'sequential' is not built yet: its input shape is not known"):
        Sequential([Dense(3)]).summary()


def nested_model() -> Model:
    inner = Sequential([Input((3,)), Dense(2, name="a"), Flatten(name="flat")], name="inner")
    inner.trainable = False
    x = Input((3,), name="x")
    return Model(x, Dense(1, name="z")(inner(x)), name="outer")


def test_layers_of_models_inside_and_what_is_trained_are_shown_on_demand() -> None:
    def rows(**arguments: object) -> list[list[str]]:
        text = printed(nested_model().summary, **arguments)
        return [line.split() for line in text.split("\nTotal")[0].splitlines()[2:] if line[0] not in "_="]

    assert rows(show_trainable=True)[0] == ["Layer", "(type)", "Output", "Shape", "Param", "#", "Trainable"]
    assert rows(expand_nested=True, show_trainable=True)[1:] == [
        ["x", "(InputLayer)", "[(None,", "3)]", "0", "-"],
        ["inner", "(Sequential)", "(None,", "2)", "8", "N"],
        ["└", "a", "(Dense)", "(None,", "2)", "8", "N"],
        ["└", "flat", "(Flatten)", "(None,", "2)", "0", "-"],
        ["z", "(Dense)", "(None,", "1)", "3", "Y"],
    ]
    assert [row[0] for row in rows()[1:]] == ["x", "inner", "z"]


@pytest.mark.parametrize(
    ("bounds", "shown"),
    [
        (["inner", "z"], ["inner", "z"]),
        (("z", "x"), ["x", "inner", "z"]),
        (["inn.*", "inner"], ["inner"]),
        ([".*", ".*"], ["x", "inner", "z"]),
    ],
)
def test_a_range_of_layers(bounds: list[str], shown: list[str]) -> None:
    text = printed(nested_model().summary, layer_range=bounds)
    assert [line.split()[0] for line in text.splitlines() if "(None" in line] == shown
    assert "Total params: 11\n" in text


@pytest.mark.parametrize("bounds", [["q", "z"], ["z"], ["x", 3], 5])
def test_a_range_must_match_names(bounds: object) -> None:
    with pytest.raises(ValueError, match=r"`layer_range` must (match names of layers: x, inner, z|be two strings)"):
        nested_model().summary(layer_range=bounds)  # type: ignore[arg-type]
