import random as python_random

import numpy as np
import pytest

import fastmlp
from fastmlp.layers import Dense
from fastmlp.utils import clear_session, set_random_seed


def test_one_seed_for_everything_that_is_drawn() -> None:
    def draws() -> list[float]:
        set_random_seed(42)
        weights = fastmlp.Sequential([Dense(3, input_shape=(4,))]).get_weights()[0]
        return [*weights.ravel().tolist(), np.random.random(), python_random.random()]  # noqa: NPY002

    assert draws() == draws()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, None, True])
def test_the_seed_is_an_integer_that_numpy_takes(seed: object) -> None:
    with pytest.raises(ValueError, match="`seed` must be an integer from 0 to"):
        set_random_seed(seed)  # type: ignore[arg-type]


def test_clear_session_starts_the_names_anew() -> None:
    clear_session()
    assert Dense(1).name == "dense"
    fastmlp.backend.clear_session()
    assert Dense(1).name == "dense"
