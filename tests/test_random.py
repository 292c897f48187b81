import numpy as np
import pytest

from fastmlp import random


def test_a_seed_makes_draws_repeatable() -> None:
    random.set_seed(7)
    first = (random.draw_seed(), random.generator().random())
    random.set_seed(np.int64(7))
    assert (random.draw_seed(), random.generator().random()) == first
    assert random.draw_seed() != first[0]


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "7", True, None])
def test_a_seed_is_an_integer_that_numpy_takes(seed: object) -> None:
    with pytest.raises(ValueError, match=r"`seed` must be an integer from 0 to 2\*\*32 - 1. Received: seed="):
        random.set_seed(seed)  # type: ignore[arg-type]
