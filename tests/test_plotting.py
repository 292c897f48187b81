import pytest

from fastmlp import plotting
from fastmlp.callbacks import History


def test_learning_curves_have_a_line_for_every_key() -> None:
    pytest.importorskip("matplotlib")
    history = History()
    history.epoch = [0, 1, 2]
    history.history = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0]}
    (axes,) = plotting.learning_curves(history).axes
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert list(lines) == ["loss", "val_loss"]
    assert list(lines["val_loss"].get_xdata()) == [1, 2, 3]
    assert list(lines["val_loss"].get_ydata()) == [3.5, 2.5, 2.0]
