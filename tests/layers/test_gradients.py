"""Gradients of layers in training against central differences, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gradients import check_gradients

from fastmlp import ops, random
from fastmlp.graph import Tensor
from fastmlp.layers import (
    AlphaDropout,
    BatchNormalization,
    Dense,
    Dot,
    Dropout,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Input,
    Layer,
    LayerNormalization,
    Normalization,
    Permute,
    PReLU,
    RepeatVector,
    Softmax,
    UnitNormalization,
)

SETTINGS: dict[str, Any] = {"dtype": "float64"}
RNG = np.random.default_rng(0)
MATRICES, VECTORS = RNG.standard_normal((7, 4, 3)), RNG.standard_normal((7, 5))


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Always the same weights: a row of three numbers may else be so even that its normalization is steep."""
    random.set_seed(0)


def hidden(x: Tensor, units: int) -> Tensor:
    """A tensor that depends on variables: what a layer under test reads."""
    y: Tensor = Dense(units, "tanh", **SETTINGS)(x)
    return y


@pytest.mark.parametrize(
    "layer",
    [
        lambda: BatchNormalization(**SETTINGS),
        lambda: BatchNormalization(axis=1, scale=False, **SETTINGS),
        lambda: LayerNormalization(**SETTINGS),
        lambda: LayerNormalization(axis=1, **SETTINGS),
        lambda: LayerNormalization(axis=(1, 2), center=False, **SETTINGS),
        lambda: UnitNormalization(axis=1, **SETTINGS),
        lambda: Softmax(axis=(1, 2), **SETTINGS),
        lambda: PReLU("ones", shared_axes=1, **SETTINGS),
        lambda: Permute((2, 1), **SETTINGS),
        lambda: Normalization(axis=1, mean=np.arange(4.0), variance=np.arange(1.0, 5.0), **SETTINGS),
        lambda: Dropout(0.4, noise_shape=(None, 1, None), **SETTINGS),
        lambda: AlphaDropout(0.4, **SETTINGS),
        lambda: AlphaDropout(0.4, noise_shape=(1, None, None), **SETTINGS),
        lambda: GaussianDropout(0.4, **SETTINGS),
        lambda: GaussianNoise(0.4, **SETTINGS),
    ],
)
def test_of_matrices(layer: Callable[[], Layer]) -> None:
    x = Input((4, 3), dtype="float64")
    # Twice, so that gradients of variables and of tensors are added up.
    shared, a = layer(), hidden(x, 3)
    first = shared(a)
    y = shared(first) if first.shape == a.shape else first
    check_gradients([x], [hidden(y, 2), a], [MATRICES])


def test_of_batch_normalization_by_moving_statistics() -> None:
    x = Input((5,), dtype="float64")
    layer = BatchNormalization(**SETTINGS)
    y = layer(hidden(x, 4), training=False)
    layer.set_weights([RNG.uniform(0.5, 2, 4) for _ in range(4)])
    check_gradients([x], [y], [VECTORS])


def test_of_an_embedding_used_twice() -> None:
    numbers = np.array([[0, 3, 3], [2, 2, 1], [5, 0, 4]])
    x, table = Input((3,), dtype="float64"), Embedding(6, 5, **SETTINGS)
    check_gradients([x], [hidden(table(x), 2), table(x)], [numbers])


def test_of_numbers_that_an_embedding_reads() -> None:
    """They get a gradient from other ops alone."""
    x = Input((5,), dtype="float64")
    numbers = 2 + hidden(x, 4)
    rows = Flatten(**SETTINGS)(Embedding(3, 2, **SETTINGS)(numbers))
    check_gradients([x], [ops.square(numbers), rows], [VECTORS])


@pytest.mark.parametrize("normalize", [False, True])
def test_of_merged_tensors(normalize: bool) -> None:
    x = Input((5,), dtype="float64")
    matrix = RepeatVector(3, **SETTINGS)(hidden(x, 4))
    check_gradients([x], [Dot(axes=(2, 1), normalize=normalize, **SETTINGS)([matrix, hidden(x, 4)])], [VECTORS])
