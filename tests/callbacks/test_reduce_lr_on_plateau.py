from typing import Any

import numpy as np
import pytest
from callback_driver import driven, random_history

from fastmlp.callbacks import ReduceLROnPlateau


def arguments_of(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "factor": float(rng.choice([0.5, 0.25])),
        "patience": int(rng.integers(0, 4)),
        "verbose": 1,
        "mode": str(rng.choice(["auto", "min", "max"])),
        "min_delta": float(rng.choice([0, 0.125])),
        "cooldown": int(rng.integers(0, 3)),
        "min_lr": float(rng.choice([0, 0.0625])),
    }


@pytest.mark.parametrize("seed", range(40))
def test_as_in_keras(keras: Any, seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(seed)
    history, arguments = random_history(rng, 16), arguments_of(rng)
    results = []
    for callback in (keras.callbacks.ReduceLROnPlateau(**arguments), ReduceLROnPlateau(**arguments)):
        model = driven(callback, history)
        printed = [line for line in capsys.readouterr().out.splitlines() if line]  # Keras leaves lines empty
        results.append((model.log, callback.best, callback.wait, callback.cooldown_counter, printed))
    assert results[0] == results[1]


def test_the_old_name_of_min_delta() -> None:
    assert ReduceLROnPlateau(epsilon=0.5).min_delta == 0.5


def test_a_factor_that_would_not_reduce() -> None:
    with pytest.raises(ValueError, match=r"`factor` must be less than 1. Received: factor=1.5"):
        ReduceLROnPlateau(factor=1.5)


def test_an_unknown_keyword() -> None:
    with pytest.raises(
        TypeError, match=r"ReduceLROnPlateau knows no other keywords than `epsilon`. Received: \['lr'\]"
    ):
        ReduceLROnPlateau(lr=1)


def test_what_is_watched_must_be_in_the_logs() -> None:
    text = "ReduceLROnPlateau watches 'val_loss', which is not in the logs. Received: loss, learning_rate"
    with pytest.warns(UserWarning, match=text):
        driven(ReduceLROnPlateau(), [{"loss": 1.0}])
