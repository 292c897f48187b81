from typing import Any

import numpy as np
import pytest

from fastmlp.models import _arguments as arguments


def test_integers() -> None:
    assert arguments.positive("steps", np.int64(3), 1) == 3
    assert arguments.positive("steps", None, 7) == 7
    assert arguments.batch_size(None) == 32
    assert arguments.not_negative("epochs", 0) == 0
    assert arguments.rows(100, 30, 2) == 60
    assert arguments.rows(100, 30, 4) == arguments.rows(100, 30, None) == 100


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True, np.array([1, 2])])
def test_what_is_no_positive_integer(value: Any) -> None:
    with pytest.raises(ValueError, match=r"`steps` must be a positive integer. Received: steps="):
        arguments.positive("steps", value, 1)


def test_schedules() -> None:
    assert [epoch for epoch in range(1, 7) if arguments.schedule(3)(epoch)] == [3, 6]
    assert [epoch for epoch in range(1, 7) if arguments.schedule([1, 5])(epoch)] == [1, 5]
    for freq in ("abc", [1, "2"], 1.5, [0]):
        with pytest.raises(ValueError, match=r"`validation_freq` must be a positive integer. Received: "):
            arguments.schedule(freq)  # type: ignore[arg-type]


def test_verbosity() -> None:
    assert [arguments.verbosity(value) for value in ("auto", 0, 1, 2, False, True)] == [1, 0, 1, 2, 0, 1]
    assert arguments.verbosity("auto", auto=0) == 0
    for value in ("loud", 3, np.zeros(2), None):
        with pytest.raises(ValueError, match=r"`verbose` must be 'auto', 0, 1 or 2. Received: verbose="):
            arguments.verbosity(value)


def test_flags() -> None:
    assert [arguments.flag("shuffle", value) for value in (True, np.False_, 1, 0)] == [True, False, True, False]
    for value in ("batch", 2, None, np.ones(3)):
        with pytest.raises(ValueError, match=r"`shuffle` must be True or False. Received: shuffle="):
            arguments.flag("shuffle", value)


def test_shares() -> None:
    assert [arguments.share(value) for value in (0, 0.5, np.float32(0.25), np.float64(0.1))] == [0, 0.5, 0.25, 0.1]


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, "0.1", float("nan"), None])
def test_shares_that_cannot_be(value: Any) -> None:
    with pytest.raises(ValueError, match=r"`validation_split` must be at least 0 and less than 1. Received: "):
        arguments.share(value)


def test_values_are_described_briefly() -> None:
    assert arguments.described(np.zeros(9)) == "ndarray of length 9"
    assert arguments.described(3) == "int"
