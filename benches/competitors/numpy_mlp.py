"""A multilayer perceptron in NumPy as someone writes it who knows NumPy well: float32, everything in place."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benches.workloads.workload import SEED, Workload

Array = NDArray[Any]

BLOCK = 65_536  # weights that Adam works on at a time: what it needs of them stays in the cache
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


class NumpyMLP:
    """Trains a workload's network with products by BLAS, no array made twice.

    All weights lie in one array, so that an update is one pass; loss and accuracy are counted along, as `fit` does.

    Parameters
    ----------
    workload : Workload
        The network and how to train it.
    weights : sequence of numpy.ndarray
        Kernels and biases in turn, to start from.
    """

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        self.workload = workload
        self._flat = np.concatenate([weight.ravel() for weight in weights])
        self._gradient, self._scratch = np.empty_like(self._flat), np.empty(BLOCK, np.float32)
        self._m, self._v = np.zeros_like(self._flat), np.zeros_like(self._flat)
        self.weights = self._cut(self._flat, weights)
        self._kernels, self._biases = self.weights[::2], self.weights[1::2]
        gradients = self._cut(self._gradient, weights)
        self._kernel_gradients, self._bias_gradients = gradients[::2], gradients[1::2]
        self._buffers: dict[int, tuple[list[Array], list[Array]]] = {}
        self._generator = np.random.default_rng(SEED)
        self._steps = 0

    @staticmethod
    def _cut(flat: Array, shapes_of: Sequence[Array]) -> list[Array]:
        """Return views of a flat array, shaped like others."""
        ends = np.cumsum([array.size for array in shapes_of])
        return [part.reshape(array.shape) for part, array in zip(np.split(flat, ends[:-1]), shapes_of, strict=True)]

    def _values(self, rows: int) -> tuple[list[Array], list[Array]]:
        """Return arrays for the outputs of all layers, the input first, and for the gradients inside."""
        if rows not in self._buffers:
            sizes = self.workload.sizes
            self._buffers[rows] = (
                [np.empty((rows, size), np.float32) for size in sizes],
                [np.empty((rows, size), np.float32) for size in sizes[:-1]],
            )
        return self._buffers[rows]

    def fit(self, x: Array, y: Array, epochs: int, shuffle: bool = True) -> dict[str, float]:
        """Train for some epochs; return the last one's mean loss and, of a classifier, accuracy."""
        rows, batch_size = len(x), self.workload.batch_size
        for _ in range(epochs):
            order = self._generator.permutation(rows) if shuffle else np.arange(rows)
            loss = hits = 0.0
            for first in range(0, rows, batch_size):
                batch_loss, batch_hits = self._step(x, y, order[first : first + batch_size])
                loss += batch_loss
                hits += batch_hits
        return {"loss": loss / rows} | ({"accuracy": hits / rows} if self.workload.classifies else {})

    def _step(self, x: Array, y: Array, rows: Array) -> tuple[float, int]:
        values, gradients = self._values(len(rows))
        np.take(x, rows, axis=0, out=values[0], mode="clip")  # mode "raise" would make a copy first
        self._forward(values)
        d = values[-1]
        loss, hits = self._classify(d, y[rows]) if self.workload.classifies else self._regress(d, y[rows])
        sgd = self.workload.optimizer == "sgd"
        d *= (self.workload.learning_rate if sgd else 1) / len(rows)  # here it is small; the gradients follow
        for i in reversed(range(len(self._kernels))):
            np.matmul(values[i].T, d, out=self._kernel_gradients[i])
            np.add.reduce(d, axis=0, out=self._bias_gradients[i])
            if i:
                np.matmul(d, self._kernels[i].T, out=gradients[i])
                d = gradients[i]
                d *= values[i] > 0
        if sgd:
            self._flat -= self._gradient
        else:
            self._adam()
        return loss, hits

    def _forward(self, values: list[Array]) -> None:
        """Compute the outputs of all layers from the first of the values; the last layer's without its activation."""
        last = len(self._kernels) - 1
        for i, (kernel, bias) in enumerate(zip(self._kernels, self._biases, strict=True)):
            z = np.matmul(values[i], kernel, out=values[i + 1])
            z += bias
            if i < last:
                np.maximum(z, 0, out=z)

    @staticmethod
    def _classify(z: Array, labels: Array) -> tuple[float, int]:
        """Turn logits into the gradient of the crossentropy; return its sum and the number of correct rows."""
        hits = int(np.count_nonzero(z.argmax(axis=1) == labels))
        softmax(z)
        at_labels = (np.arange(len(z)), labels)
        p = z[at_labels]
        z[at_labels] = p - 1
        return -float(np.log(np.maximum(p, 1e-7)).sum()), hits

    @staticmethod
    def _regress(z: Array, targets: Array) -> tuple[float, int]:
        """Turn predictions into the gradient of the squared error; return its sum."""
        z -= targets
        loss = float(np.vdot(z, z))
        z *= 2
        return loss, 0

    def _adam(self) -> None:
        self._steps += 1
        rate = self.workload.learning_rate * (1 - BETA_2**self._steps) ** 0.5 / (1 - BETA_1**self._steps)
        for first in range(0, len(self._flat), BLOCK):
            block = slice(first, first + BLOCK)
            w, g, m, v = self._flat[block], self._gradient[block], self._m[block], self._v[block]
            scratch = self._scratch[: len(w)]
            m *= BETA_1
            m += np.multiply(g, 1 - BETA_1, out=scratch)
            g *= g
            g *= 1 - BETA_2
            v *= BETA_2
            v += g
            np.sqrt(v, out=g)
            g += EPSILON
            np.divide(m, g, out=g)
            g *= rate
            w -= g

    def predict(self, x: Array) -> Array:
        """Return probabilities (rows, classes) or numbers (rows, 1)."""
        for kernel, bias in zip(self._kernels[:-1], self._biases[:-1], strict=True):
            x = x @ kernel
            x += bias
            np.maximum(x, 0, out=x)
        x = x @ self._kernels[-1]
        x += self._biases[-1]
        return softmax(x) if self.workload.classifies else x


def softmax(z: Array) -> Array:
    """Turn logits (rows, classes) into probabilities, in place."""
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z
