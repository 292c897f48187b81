"""Callbacks without any training: logs are made up for them, and what they do to a model is written down."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np

Logs = dict[str, float]


class Model:
    """What callbacks ask of a model; `log` holds what they did with it."""

    def __init__(self, learning_rate: float = 0.5) -> None:
        self.log: list[Any] = []
        self.metrics: list[Any] = []
        self.stop_training = False
        self.optimizer = SimpleNamespace(learning_rate=learning_rate)
        self.weights = 0  # as many as epochs done

    def get_weights(self) -> int:
        return self.weights

    def set_weights(self, weights: int) -> None:
        self.log.append(("set_weights", weights))

    def save(self, path: str, overwrite: bool) -> None:
        self.log.append(("save", path))

    def save_weights(self, path: str, overwrite: bool) -> None:
        self.log.append(("save_weights", path))


def driven(callback: Any, history: Iterable[Logs], batches: int = 0, learning_rate: float = 0.5) -> Model:
    """Let a callback live through a training in which each epoch ends with the given logs, and return its model."""
    model = Model(learning_rate)
    callback.set_model(model)
    callback.set_params({"verbose": 0, "epochs": 100, "steps": batches})
    callback.on_train_begin({})
    logs: Logs = {}
    for epoch, given in enumerate(history):
        callback.on_epoch_begin(epoch, {})
        for batch in range(batches):
            callback.on_train_batch_begin(batch, {})
            callback.on_train_batch_end(batch, dict(given))
        model.weights = epoch + 1
        logs = dict(given)
        callback.on_epoch_end(epoch, logs)
        model.log.append((epoch, logs, float(model.optimizer.learning_rate), model.stop_training))
        if model.stop_training:
            break
    callback.on_train_end(logs)
    return model


def random_history(rng: np.random.Generator, epochs: int = 12, key: str = "val_loss") -> list[Logs]:
    """Return logs with numbers that float32 holds exactly, many of them equal."""
    return [{"loss": 1.0, key: float(value)} for value in rng.integers(0, 8, epochs) / 8]
