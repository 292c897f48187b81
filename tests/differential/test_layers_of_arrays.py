"""Layers called on arrays by both: other axes, training as an argument, masks, what is found in data."""

from typing import Any

import numpy as np
import pytest
from differential.harness import assert_near
from real_keras import keras

import fastmlp

X = np.random.default_rng(1).normal(1, 3, (30, 4, 3)).astype(np.float32)
PAIR = [X[:, 0], X[:, 1]]
TOLERANCE = 1e-5

CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("LayerNormalization", {"axis": 1, "epsilon": 0.1}, X),
    ("LayerNormalization", {"axis": (2, 1), "center": False}, X),
    ("UnitNormalization", {"axis": (1, 2)}, X),
    ("Softmax", {"axis": 1}, X),
    ("Softmax", {"axis": (1, 2)}, X),
    ("Normalization", {"axis": 1, "mean": [1.0, 2.0, 3.0, 4.0], "variance": [1.0, 4.0, 9.0, 0.0]}, X),
    ("Normalization", {"axis": (1, 2), "mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 9.0], "invert": True}, X),
    ("Masking", {"mask_value": 1.0}, np.round(X)),
    ("Permute", {"dims": (2, 1)}, X),
    ("RepeatVector", {"n": 2}, X[:, 0]),
    ("Dot", {"axes": (1, 1)}, [X, X]),
    ("Dot", {"axes": (2, 1), "normalize": True}, [X, X[:, 0]]),
    ("Dot", {"axes": -1, "normalize": True}, PAIR),
    ("Maximum", {}, [X, PAIR[0]]),
]


@pytest.mark.parametrize(("name", "settings", "x"), CASES, ids=[f"{name}-{i}" for i, (name, *_) in enumerate(CASES)])
def test_outputs(name: str, settings: dict[str, Any], x: Any) -> None:
    ours, theirs = (getattr(kit.layers, name)(**settings)(x) for kit in (fastmlp, keras))
    assert_near(ours, theirs, TOLERANCE, name)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("shape", "axis"), [((700, 3), -1), ((20, 4, 3), -1), ((20, 4, 3), 1)])
def test_batch_normalization(shape: tuple[int, ...], axis: int, training: bool) -> None:
    x = np.random.default_rng(1).normal(2, 3, shape).astype(np.float32)
    ours, theirs = (kit.layers.BatchNormalization(axis, momentum=0.7) for kit in (fastmlp, keras))
    for _ in range(2):
        assert_near(ours(x, training=training), theirs(x, training=training), TOLERANCE, "outputs")
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        assert_near(mine, other, TOLERANCE, "weights")


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), None])
def test_adapted_normalization(axis: Any) -> None:
    ours, theirs = (kit.layers.Normalization(axis=axis) for kit in (fastmlp, keras))
    for layer in (ours, theirs):
        layer.adapt(X)
    assert_near(ours(X), theirs(X), TOLERANCE, "outputs")
    assert_near(ours.mean, theirs.mean, TOLERANCE, "mean")
    assert_near(ours.variance, theirs.variance, TOLERANCE, "variance")


@pytest.mark.parametrize("mask", [[[1, 1, 0]], [[0, 1, 0]], [[0, 0, 0]]])
def test_a_masked_softmax(mask: Any) -> None:
    x, kept = np.array([[1.0, 2.0, 3.0]], np.float32), np.array(mask, np.float32)
    inputs = [fastmlp.Input((3,)), fastmlp.Input((3,))]
    ours = fastmlp.Model(inputs, fastmlp.layers.Softmax()(inputs[0], mask=inputs[1]))
    assert_near(ours.predict([x, kept], verbose=0), keras.layers.Softmax()(x, mask=kept), TOLERANCE, "outputs")


@pytest.mark.parametrize("name", ["GlorotUniform", "HeNormal", "LecunUniform", "Orthogonal", "VarianceScaling"])
@pytest.mark.parametrize("shape", [(60, 50), (2, 30, 50)])
def test_initial_weights_have_the_variance_of_keras(name: str, shape: tuple[int, ...]) -> None:
    ours, theirs = (np.asarray(getattr(kit.initializers, name)(seed=1)(shape)) for kit in (fastmlp, keras))
    assert ours.shape == theirs.shape
    assert ours.var() == pytest.approx(theirs.var(), rel=0.1)
