"""Who takes part, and whether they do the same."""

import importlib
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benches.workloads.workload import Workload

Array = NDArray[Any]

CONTESTANTS = {"fastmlp": "fastmlp_mlp.FastmlpMLP", "numpy": "numpy_mlp.NumpyMLP"}
TOLERANCE = 1e-4
STEPS_COMPARED = 3  # after more, a ReLU that rounding has put on the other side of 0 may show through Adam
ROWS_COMPARED = 600  # of predictions: more than what any of them takes at a time
ROWS_ON_EDGE = 2  # may be right for one and wrong for the other, their two best classes being as good as equal


class Contestant(Protocol):
    """A network ready to be trained; the constructor takes a Workload and the weights to start from."""

    @property
    def weights(self) -> list[Array]:
        """Kernels and biases in turn."""

    def fit(self, x: Array, y: Array, epochs: int, shuffle: bool = True) -> dict[str, float]:
        """Train for some epochs; return the last one's mean loss and, of a classifier, accuracy."""

    def predict(self, x: Array) -> Array:
        """Return the outputs of the last layer."""


def contestant(name: str, workload: Workload) -> Contestant:
    """Return a contestant by its name, importing only what it needs itself."""
    module, _, cls = CONTESTANTS[name].partition(".")
    made: Contestant = getattr(importlib.import_module(f"benches.competitors.{module}"), cls)(
        workload, workload.weights()
    )
    return made


def check_agreement(workload: Workload) -> None:
    """Let all contestants take a few steps on the same rows, the last batch a smaller one, and compare what they got.

    Raises
    ------
    AssertionError
        If losses, weights or predictions differ by more than 1e-4, or accuracies by more than two rows.
    """
    trained = STEPS_COMPARED * workload.batch_size - workload.batch_size // 3
    x, y = workload.data(max(trained, ROWS_COMPARED))
    losses, hits, arrays = {}, {}, {}
    for name in CONTESTANTS:
        network = contestant(name, workload)
        logs = network.fit(x[:trained], y[:trained], 1, shuffle=False)
        losses[name], hits[name] = logs["loss"], logs.get("accuracy", 0) * trained
        arrays[name] = [*network.weights, *(network.predict(x[:rows]) for rows in (1, 32, ROWS_COMPARED))]
    for name in CONTESTANTS:
        message = f"{name} on {workload}"
        np.testing.assert_allclose(losses[name], losses["numpy"], rtol=TOLERANCE, err_msg=message)
        np.testing.assert_allclose(hits[name], hits["numpy"], rtol=0, atol=ROWS_ON_EDGE + 0.01, err_msg=message)
        for got, expected in zip(arrays[name], arrays["numpy"], strict=True):
            np.testing.assert_allclose(got, expected, rtol=TOLERANCE, atol=TOLERANCE, err_msg=message)
