import numpy as np
import pytest

from fastmlp.layers import Dropout, Input


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match=r"`rate` must be at least 0 and less than 1. Received: rate="):
        Dropout(rate)


def test_on_arrays_it_acts_only_when_training() -> None:
    x = np.ones((50, 200), np.float32)
    layer = Dropout(0.25, seed=1)
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_array_equal(layer(x, training=False), x)
    y = layer(x, training=True)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1) / np.float32(0.75)}
    assert (y == 0).mean() == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(
    ("training", "op", "detail"), [(None, "dropout", ""), (True, "dropout", "always"), (False, "identity", "")]
)
def test_on_tensors_the_model_decides_unless_told(training: bool | None, op: str, detail: str) -> None:
    y = Dropout(0.5)(Input((3,)), training=training)
    assert (y.op, y.detail) == (op, detail)
