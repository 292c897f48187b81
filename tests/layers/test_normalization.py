from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from fastmlp.layers import Dense, Input, Normalization
from fastmlp.models import Sequential

X = np.random.default_rng(0).normal([1, -2, 100], [3, 0.5, 10], (50, 3))


def generator() -> Iterator[tuple[np.ndarray, None]]:
    for first in range(0, 50, 8):
        yield X[first : first + 8], None


@pytest.mark.parametrize(
    "data", [X, X.tolist(), [X[:20], X[20:]], generator()], ids=["array", "list", "batches", "generator"]
)
def test_adapts_to_data(data: Any) -> None:
    layer = Normalization(dtype="float64")
    layer.adapt(data)
    np.testing.assert_allclose(layer.mean, X.mean(axis=0, keepdims=True))
    np.testing.assert_allclose(layer.variance, X.var(axis=0, keepdims=True))
    np.testing.assert_allclose(layer(X), (X - X.mean(axis=0)) / X.std(axis=0))


def test_adapts_to_a_data_frame() -> None:
    frame = pytest.importorskip("pandas", reason="needs pandas").DataFrame(X)
    layer = Normalization()
    layer.adapt(frame)
    np.testing.assert_allclose(layer.mean[0], X.mean(axis=0), rtol=1e-6)


def test_adapts_again_in_a_model() -> None:
    layer = Normalization()
    model = Sequential([Input((3,)), layer])
    np.testing.assert_allclose(model.predict(X, verbose=0), X, rtol=1e-6)
    layer.adapt(X)
    assert abs(model.predict(X, verbose=0).mean()) < 1e-5
    assert layer.trainable_variables == []


def test_given_mean_and_variance() -> None:
    x = X.astype(np.float32)
    layer = Normalization(mean=[1, 2, 3], variance=4.0 * np.ones(3))
    np.testing.assert_allclose(layer(x), (x - [1, 2, 3]) / 2, rtol=1e-5, atol=1e-6)
    inverse = Normalization(mean=[1, 2, 3], variance=4.0 * np.ones(3), invert=True)
    np.testing.assert_allclose(inverse(layer(x)), x, rtol=1e-5, atol=1e-5)
    assert layer.variables == []
    settings = layer.get_config()
    assert (settings["mean"], settings["variance"], settings["axis"]) == ([1, 2, 3], [4, 4, 4], -1)
    with pytest.raises(ValueError, match="was given its mean and variance"):
        layer.adapt(X)


def test_one_mean_for_all() -> None:
    layer = Normalization(axis=None, dtype="float64")
    layer.adapt(X)
    np.testing.assert_allclose(layer(X), (X - X.mean()) / X.std())


def test_constant_features_are_not_divided_by_zero() -> None:
    layer = Normalization()
    layer.adapt(np.ones((5, 2)))
    assert layer(np.ones((5, 2))).tolist() == np.zeros((5, 2)).tolist()


def test_arguments() -> None:
    for arguments in ({"mean": 1.0}, {"variance": 1.0}, {"mean": [1, 2], "variance": 1.0}):
        with pytest.raises(ValueError, match="`mean` and `variance` must be given both, or neither"):
            Normalization(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`axis` must be among the axes 1 to 1"):
        Normalization(axis=0)(Input((3,)))
    layer = Normalization(name="norm")
    with pytest.raises(AttributeError, match="'norm' is not built yet"):
        _ = layer.mean
    Sequential([Input((3,)), layer, Dense(1)])
    with pytest.raises(
        ValueError, match=r"'norm' is built for features of shape \(1, 3\). Received data of shape: \(4, 2\)"
    ):
        layer.adapt(np.ones((4, 2)))
    with pytest.raises(ValueError, match="`data` must hold one sample or more"):
        layer.adapt(iter(()))
