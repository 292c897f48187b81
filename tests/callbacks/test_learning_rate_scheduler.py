from typing import Any

import numpy as np
import pytest
from callback_driver import driven

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import LearningRateScheduler


@pytest.mark.parametrize(
    "schedule",
    [lambda epoch, rate: rate * 0.5, lambda epoch: 1.0 / 2**epoch, lambda epoch, rate=0.25: np.float32(rate)],
    ids=["of two", "of one", "of one or two"],
)
def test_as_in_keras(keras: Any, schedule: object, capsys: pytest.CaptureFixture[str]) -> None:
    results = []
    for callback in (keras.callbacks.LearningRateScheduler(schedule, 1), LearningRateScheduler(schedule, 1)):
        log = driven(callback, [{"loss": 1.0}] * 3).log
        results.append((log, [line for line in capsys.readouterr().out.splitlines() if line]))
    assert results[0] == results[1]


def test_rates_of_a_training() -> None:
    model = fastmlp.Sequential([layers.Dense(1, input_shape=[2])])
    model.compile(fastmlp.optimizers.SGD(0.5), "mse")
    x = np.ones((8, 2), np.float32)
    halving = LearningRateScheduler(lambda epoch, rate: rate / 2)
    history = model.fit(x, x[:, :1], epochs=3, verbose=0, callbacks=[halving])
    assert history.history["learning_rate"] == [0.25, 0.125, 0.0625]
    assert model.optimizer.learning_rate == 0.0625


def test_what_is_no_rate() -> None:
    with pytest.raises(ValueError, match=r"`schedule` must return a float. Received: 'slow' for epoch 0"):
        driven(LearningRateScheduler(lambda epoch: "slow"), [{}])


def test_an_error_in_the_schedule_is_shown() -> None:
    def schedule(epoch: int, rate: float) -> float:
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        driven(LearningRateScheduler(schedule), [{}])
