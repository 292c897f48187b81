"""The plain twin of training: a stack of dense layers in float64 NumPy, made of the kernels' twins."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import reference
from reference import Matrix, Scalars

SLOTS = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2, "rmsprop": 1}


class TwinNetwork:
    """Dense layers with weights [kernel, bias, kernel, bias, ...], one activation a layer, and one loss."""

    def __init__(
        self, weights: Sequence[Any], activations: Sequence[str], loss: str, loss_scalars: Scalars = ()
    ) -> None:
        self.weights = [np.atleast_2d(np.asarray(weight, np.float64)) for weight in weights]
        self.activations = activations
        self.loss = loss
        self.loss_scalars = loss_scalars

    def forward(self, x: Matrix) -> list[Matrix]:
        """Return the input and the output of each layer."""
        values = [x]
        for i, activation in enumerate(self.activations):
            sums = reference.dense_forward(values[-1], self.weights[2 * i], self.weights[2 * i + 1])
            softmax = activation == "softmax"
            values.append(
                reference.softmax_forward(sums) if softmax else reference.activation_forward(sums, activation)
            )
        return values

    def losses(self, x: Matrix, t: Matrix) -> Matrix:
        """Return the loss of each row."""
        return reference.loss(self.forward(x)[-1], t, self.loss, self.loss_scalars)[0]

    def gradients(self, x: Matrix, t: Matrix, weights: Matrix) -> list[Matrix]:
        """Return the gradient of the weighted mean loss for each weight."""
        values = self.forward(x)
        dy = reference.loss(values[-1], t, self.loss, self.loss_scalars)[1] * weights[:, np.newaxis] / len(x)
        gradients: list[Matrix] = []
        for i in reversed(range(len(self.activations))):
            dy = self._through(i, dy, values)
            gradients = [reference.dense_gradient(values[i], dy), reference.column_sums(dy)[np.newaxis], *gradients]
            dy = dy @ self.weights[2 * i].T
        return gradients

    def _through(self, i: int, dy: Matrix, values: list[Matrix]) -> Matrix:
        if self.activations[i] == "softmax":
            return reference.softmax_backward(dy, values[i + 1])
        return reference.activation_backward(dy, values[i + 1], self.activations[i])

    def fit(
        self,
        x: Matrix,
        t: Matrix,
        order: Sequence[Any],
        batch_size: int,
        optimizer: str,
        rates: Sequence[float],
        hyper: Scalars = (),
        weights: Matrix | None = None,
    ) -> list[float]:
        """Train one pass for each permutation in `order`; return the mean loss of each pass."""
        weights = np.ones(len(x)) if weights is None else weights
        slots = [[np.zeros_like(w)] * SLOTS[optimizer] for w in self.weights]
        history, step = [], 0
        for permutation in order:
            total = 0.0
            for first in range(0, len(x), batch_size):
                rows = permutation[first : first + batch_size]
                total += float((self.losses(x[rows], t[rows]) * weights[rows]).sum())
                rate = rates[step]
                step += 1
                if optimizer == "adam":
                    rate *= math.sqrt(1 - hyper[1] ** step) / (1 - hyper[0] ** step)
                for i, gradient in enumerate(self.gradients(x[rows], t[rows], weights[rows])):
                    self.weights[i], slots[i] = reference.optimizer_step(
                        self.weights[i], slots[i], gradient, optimizer, (rate, *hyper)
                    )
            history.append(total / len(x))
        return history
