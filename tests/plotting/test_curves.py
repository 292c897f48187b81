import pytest

from fastmlp import plotting
from fastmlp.callbacks import History

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install fastmlp[plot]")


def test_there_is_a_line_for_every_key() -> None:
    history = History()
    history.epoch = [0, 1, 2]
    history.history = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0]}
    for given in (history, history.history):
        (axes,) = plotting.learning_curves(given).axes
        lines = {line.get_label(): line for line in axes.get_lines()}
        assert list(lines) == ["loss", "val_loss"]
        assert list(lines["val_loss"].get_xdata()) == [1, 2, 3]
        assert list(lines["val_loss"].get_ydata()) == [3.5, 2.5, 2.0]
        assert axes.get_ylim()[0] == 0


def test_validation_every_other_epoch() -> None:
    (axes,) = plotting.learning_curves({"loss": [3.0, 2.0, 1.0, 0.5, 0.4], "val_loss": [2.0, 1.0]}).axes
    assert list(axes.get_lines()[1].get_xdata()) == [2, 4]


def test_losses_below_zero_are_seen() -> None:
    (axes,) = plotting.learning_curves({"loss": [1.0, -2.0]}).axes
    assert axes.get_ylim()[0] < -2


@pytest.mark.parametrize("history", [{}, {"loss": []}])
def test_nothing_to_draw(history: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match="must have at least one epoch"):
        plotting.learning_curves(history)
