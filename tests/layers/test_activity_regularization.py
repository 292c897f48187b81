import numpy as np
import pytest

from fastmlp.layers import ActivityRegularization, Input
from fastmlp.models import Sequential


def test_the_loss_grows_by_what_passes() -> None:
    x = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    layer = ActivityRegularization(l1=0.5, l2=0.25)
    model = Sequential([Input((3,)), layer])
    model.compile(loss="mse")
    expected = (0.5 * np.abs(x) + 0.25 * x**2).sum() / 20
    assert model.evaluate(x, x, verbose=0, batch_size=20) == pytest.approx(expected, rel=1e-5)
    assert {key: layer.get_config()[key] for key in ("l1", "l2")} == {"l1": 0.5, "l2": 0.25}
