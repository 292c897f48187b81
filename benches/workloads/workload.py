"""What is trained and predicted in the benchmarks: the networks, made-up data of their shape, and the work in it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

SEED = 42


@dataclass(frozen=True)
class Workload:
    """A network with ReLU between its layers, and how it is trained.

    With several outputs it is a classifier (softmax, sparse categorical crossentropy, accuracy); with one it is a
    regression (identity, mean squared error).

    Attributes
    ----------
    name : str
        For tables.
    sizes : tuple of int
        Inputs, then the units of each layer.
    rows : int
        Samples of an epoch.
    batch_size : int
        Samples of a step.
    optimizer : {"sgd", "adam"}
        With Keras' defaults, but for the rate.
    learning_rate : float
        Of every step.
    """

    name: str
    sizes: tuple[int, ...]
    rows: int
    batch_size: int
    optimizer: Literal["sgd", "adam"]
    learning_rate: float

    def __str__(self) -> str:
        return self.name

    @property
    def classifies(self) -> bool:
        """Whether the targets are classes."""
        return self.sizes[-1] > 1

    @property
    def prediction_flops(self) -> int:
        """Multiplications and additions of the products that predict one row."""
        return sum(2 * k * n for k, n in pairwise(self.sizes))

    @property
    def training_flops(self) -> int:
        """The same for one row of training: forward, the weights' gradients, the inputs' but for the first layer."""
        return 3 * self.prediction_flops - 2 * self.sizes[0] * self.sizes[1]

    def data(self, rows: int | None = None) -> tuple[Array, Array]:
        """Return inputs, float32 (rows, sizes[0]) from 0 to 1, and targets: labels (rows,) or numbers (rows, 1)."""
        rng = np.random.default_rng(SEED)
        rows = rows or self.rows
        x = rng.random((rows, self.sizes[0]), np.float32)
        if self.classifies:
            return x, rng.integers(0, self.sizes[-1], rows)
        return x, rng.random((rows, 1), np.float32)

    def weights(self) -> list[Array]:
        """Return kernels and biases in turn, float32, as Glorot and Bengio initialise them."""
        rng = np.random.default_rng(SEED + 1)
        weights: list[Array] = []
        for k, n in pairwise(self.sizes):
            limit = (6 / (k + n)) ** 0.5
            weights += [rng.uniform(-limit, limit, (k, n)).astype(np.float32), np.zeros(n, np.float32)]
        return weights


FASHION = (784, 300, 100, 10)
FASHION_SGD_32 = Workload("Fashion-MNIST, SGD, batch 32", FASHION, 55_000, 32, "sgd", 0.01)
FASHION_ADAM_32 = Workload("Fashion-MNIST, Adam, batch 32", FASHION, 55_000, 32, "adam", 0.001)
FASHION_SGD_128 = Workload("Fashion-MNIST, SGD, batch 128", FASHION, 55_000, 128, "sgd", 0.01)
FASHION_SGD_1024 = Workload("Fashion-MNIST, SGD, batch 1024", FASHION, 55_000, 1024, "sgd", 0.01)
HOUSING = Workload("California housing, SGD, batch 32", (8, 30, 1), 11_610, 32, "sgd", 0.01)
WIDE = Workload("784-3x1024-10, Adam, batch 256", (784, 1024, 1024, 1024, 10), 20_000, 256, "adam", 0.001)
