"""The order of the hooks, as Keras calls them."""

from typing import Any

import numpy as np

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import Callback

X, Y = np.zeros((5, 2), np.float32), np.zeros((5, 1), np.float32)


class Recorder(Callback):
    def __init__(self) -> None:
        self.log: list[Any] = []
        for name in vars(Callback):
            if name.startswith("on_") and name not in ("on_progress", "on_batch_begin", "on_batch_end"):
                setattr(self, name, lambda *arguments, name=name: self.record(name, *arguments))

    def record(self, name: str, *arguments: Any) -> None:
        *number, logs = arguments
        self.log.append((name.removeprefix("on_"), *number, *logs))


def model_and_recorder() -> tuple[fastmlp.Sequential, Recorder]:
    model = fastmlp.Sequential([layers.Dense(1, input_shape=[2])])
    model.compile("sgd", "mse")
    return model, Recorder()


def batches(phase: str, number: int, *logs: str) -> list[Any]:
    return [
        entry
        for batch in range(number)
        for entry in ((f"{phase}_batch_begin", batch), (f"{phase}_batch_end", batch, *logs))
    ]


def test_hooks_of_fit() -> None:
    model, recorder = model_and_recorder()
    model.fit(X, Y, batch_size=2, epochs=2, verbose=0, validation_data=(X, Y), callbacks=[recorder])
    assert recorder.log == [
        ("train_begin",),
        *(
            entry
            for epoch in range(2)
            for entry in [
                ("epoch_begin", epoch),
                *batches("train", 3, "loss"),
                ("test_begin",),
                *batches("test", 3, "loss"),
                ("test_end", "loss"),
                ("epoch_end", epoch, "loss", "val_loss"),
            ]
        ),
        ("train_end", "loss", "val_loss"),
    ]
    assert recorder.model is model


def test_hooks_of_evaluate_and_predict() -> None:
    model, recorder = model_and_recorder()
    model.evaluate(X, Y, batch_size=3, verbose=0, callbacks=[recorder])
    assert recorder.log == [("test_begin",), *batches("test", 2, "loss"), ("test_end", "loss")]
    assert recorder.params == {"verbose": 0, "epochs": 1, "steps": 2}
    recorder.log.clear()
    model.predict(X, batch_size=3, callbacks=[recorder])
    assert recorder.log == [("predict_begin",), *batches("predict", 2, "outputs"), ("predict_end",)]


def test_single_batches_have_no_hooks_but_leave_the_history_alone() -> None:
    model, _ = model_and_recorder()
    history = model.fit(X, Y, verbose=0)
    model.train_on_batch(X, Y)
    model.test_on_batch(X, Y)
    model.evaluate(X, Y, verbose=0)
    assert model.history is history
