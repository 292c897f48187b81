from typing import Any

import numpy as np
import pytest
from callback_driver import driven

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import Callback, TerminateOnNaN


@pytest.mark.parametrize("loss", [1.0, np.nan, np.inf, -np.inf])
def test_as_in_keras(keras: Any, loss: float, capsys: pytest.CaptureFixture[str]) -> None:
    results = []
    for module in (keras, fastmlp):
        model = driven(module.callbacks.TerminateOnNaN(), [{"loss": loss}] * 2, batches=1)
        results.append((len(model.log), model.stop_training, capsys.readouterr().out))
    assert results[0] == results[1]


def diverging() -> tuple[fastmlp.Sequential, np.ndarray]:
    model = fastmlp.Sequential([layers.Dense(1, input_shape=[2])])
    model.compile(fastmlp.optimizers.SGD(1e20), "mse")
    return model, np.full((64, 2), 1e3, np.float32)


def test_a_training_that_diverges_ends_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    model, x = diverging()
    ends: list[int] = []
    counting = fastmlp.callbacks.LambdaCallback(on_train_end=lambda logs: ends.append(1))
    history = model.fit(x, x[:, :1], batch_size=4, epochs=5, verbose=0, callbacks=[TerminateOnNaN(), counting])
    assert len(history.epoch) == len(ends) == 1
    assert capsys.readouterr().out.endswith(": Invalid loss, terminating training\n")


def test_or_with_an_error() -> None:
    class NeverEnding(Callback):
        def on_train_end(self, logs: dict[str, float] | None = None) -> None:
            raise AssertionError

    model, x = diverging()
    with pytest.raises(RuntimeError, match=r"The loss must be finite. Received: loss=(nan|inf) after batch \d"):
        model.fit(x, x[:, :1], batch_size=4, verbose=0, callbacks=[TerminateOnNaN(raise_error=True), NeverEnding()])
