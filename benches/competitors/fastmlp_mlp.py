"""fastmlp, through nothing but what its users call."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

import fastmlp
from benches.workloads.workload import Workload
from fastmlp import layers, optimizers

Array = NDArray[Any]

FEW_ROWS = 32  # up to here `model(x)` is the quickest way to a prediction


class FastmlpMLP:
    """A workload's network as a Sequential.

    Parameters
    ----------
    workload : Workload
        The network and how to train it.
    weights : sequence of numpy.ndarray
        Kernels and biases in turn, to start from.
    """

    def __init__(self, workload: Workload, weights: Sequence[Array]) -> None:
        self.workload = workload
        inputs, *hidden, outputs = workload.sizes
        self.model = fastmlp.Sequential(
            [
                layers.Input(shape=(inputs,)),
                *(layers.Dense(units, activation="relu") for units in hidden),
                layers.Dense(outputs, activation="softmax" if workload.classifies else None),
            ]
        )
        self.model.compile(
            {"sgd": optimizers.SGD, "adam": optimizers.Adam}[workload.optimizer](workload.learning_rate),
            loss="sparse_categorical_crossentropy" if workload.classifies else "mse",
            metrics=["accuracy"] if workload.classifies else None,
        )
        self.model.set_weights(list(weights))

    @property
    def weights(self) -> list[Array]:
        """Kernels and biases in turn."""
        return self.model.get_weights()

    def fit(self, x: Array, y: Array, epochs: int, shuffle: bool = True) -> dict[str, float]:
        """Train for some epochs; return the last one's logs."""
        history = self.model.fit(x, y, self.workload.batch_size, epochs, verbose=0, shuffle=shuffle).history
        return {name: values[-1] for name, values in history.items()}

    def predict(self, x: Array) -> Array:
        """Return the outputs of the last layer."""
        outputs: Array = self.model(x) if len(x) <= FEW_ROWS else self.model.predict(x, verbose=0)
        return outputs
