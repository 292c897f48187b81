import numpy as np
import pytest

from fastmlp import plotting

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install fastmlp[plot]")

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 4, 3), dtype=np.uint8)


def test_images_in_rows() -> None:
    figure = plotting.sample_images(IMAGES)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == 12
    assert len(figure.axes) == 20
    np.testing.assert_array_equal(shown[11].images[0].get_array(), IMAGES[11])
    assert {axes.get_title() for axes in shown} == {""}


def test_wrong_predictions_are_red() -> None:
    probabilities = np.eye(3)[[0, 2, 1]]
    figure = plotting.sample_images(IMAGES[:3], [0, 1, 1], probabilities, ["Bag", "Coat", "Dress"])
    assert [axes.get_title() for axes in figure.axes] == ["Bag", "Dress\n(Coat)", "Coat"]
    assert [axes.title.get_color() for axes in figure.axes] == ["black", "red", "black"]


def test_labels_or_predictions_alone() -> None:
    assert [axes.get_title() for axes in plotting.sample_images(IMAGES[:2], [5, 6]).axes] == ["5", "6"]
    assert [axes.get_title() for axes in plotting.sample_images(IMAGES[:2], predictions=[5, 6]).axes] == ["5", "6"]


def test_coloured_images() -> None:
    figure = plotting.sample_images(np.zeros((2, 4, 4, 3)), columns=1)
    assert len(figure.axes) == 2


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match=r"`images` must have shape \(n, height, width\).*Received: \(4, 3\)"):
        plotting.sample_images(IMAGES[0])
    with pytest.raises(ValueError, match=r"`labels` must be as many as the images, 12\. Received: 1"):
        plotting.sample_images(IMAGES, [1])
    with pytest.raises(ValueError, match=r"`columns` must be a positive integer\. Received: columns=0"):
        plotting.sample_images(IMAGES, columns=0)
