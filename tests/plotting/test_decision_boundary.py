import numpy as np
import pytest

from fastmlp import Sequential, layers, plotting

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install fastmlp[plot]")

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def region_of(figure: object, point: tuple[float, float]) -> int:
    """Return the number of the region that a point lies in."""
    (axes,) = figure.axes
    paths = axes.collections[0].get_paths()
    (number,) = [number for number, path in enumerate(paths) if path.contains_point(point)]
    return number


def test_the_regions_of_xor() -> None:
    model = Sequential([layers.Dense(2, activation="step", input_shape=[2]), layers.Dense(1, activation="step")])
    hidden, output = model.layers
    hidden.set_weights([np.ones((2, 2)), np.array([-1.5, -0.5])])
    output.set_weights([np.array([[-1], [1]]), np.array([-0.5])])
    figure = plotting.decision_boundary(model, CORNERS, [0, 1, 1, 0])
    for point, expected in (((0.1, 0), 0), ((0, 0.9), 1), ((0.7, 0.1), 1), ((1.1, 0.9), 0), ((0.5, 0.5), 1)):
        assert region_of(figure, point) == expected
    (axes,) = figure.axes
    np.testing.assert_array_equal(axes.collections[1].get_offsets(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(axes.collections[2].get_offsets(), [[0, 1], [1, 0]])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1"]


def test_three_classes() -> None:
    model = Sequential([layers.Dense(3, activation="softmax", input_shape=[2])])
    model.set_weights([np.array([[0, 9, -9], [0, 0, 0]]), np.array([0, -6, -3])])  # 0 between, 1 right of 2/3, 2 left
    figure = plotting.decision_boundary(model, CORNERS, [2, 2, 1, 1], axis_names=["petal length", "petal width"])
    assert [region_of(figure, (x, 0.5)) for x in (-0.5 + 0.26, 0.3, 1.2)] == [0, 0, 1]
    assert figure.axes[0].get_ylabel() == "petal width"


def test_a_classifier_of_scikit_learn_with_names_as_classes() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="needs scikit-learn")
    classes = ["off", "off", "on", "on"]
    classifier = linear_model.LogisticRegression(C=100).fit(CORNERS, classes)
    figure = plotting.decision_boundary(classifier, CORNERS, classes)
    assert [region_of(figure, (x, 0.5)) for x in (0.3, 0.7)] == [0, 1]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["off", "on"]


def test_samples_must_lie_in_a_plane() -> None:
    with pytest.raises(ValueError, match=r"`x` must have shape \(samples, 2\).*Received: shapes \(4, 3\) and \(4,\)"):
        plotting.decision_boundary(None, np.zeros((4, 3)), [0, 1, 1, 0])
