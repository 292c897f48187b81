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


def test_verbosity() -> None:
    assert [arguments.verbosity(value) for value in ("auto", 0, 1, 2, False, True)] == [1, 0, 1, 2, 0, 1]
    assert arguments.verbosity("auto", auto=0) == 0
    with pytest.raises(ValueError, match=r"`verbose` must be 'auto', 0, 1 or 2. Received: verbose='loud'"):
        arguments.verbosity("loud")


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, "0.1", float("nan"), None])
def test_shares_that_cannot_be(value: Any) -> None:
    with pytest.raises(ValueError, match=r"`validation_split` must be at least 0 and less than 1. Received: "):
        arguments.share(value)


def test_values_are_described_briefly() -> None:
    assert arguments.described(np.zeros(9)) == "ndarray of length 9"
    assert arguments.described(3) == "int"
