from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastmlp import _engine, random


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


def test_a_generator_of_its_own() -> None:
    random.set_seed(1)
    expected = [random.draw_seed() for _ in range(2)]
    random.set_seed(1)
    first = random.draw_seed()
    with random.own_generator(5):
        own = random.draw_seed()
        random.set_seed(6)
        after = random.draw_seed()
    assert [first, random.draw_seed()] == expected
    with random.own_generator(5):
        assert random.draw_seed() == own
    random.set_seed(6)
    assert random.draw_seed() == after


def test_threads_with_generators_of_their_own_do_not_disturb_each_other() -> None:
    def draws(seed: int) -> list[int]:
        with random.own_generator(seed):
            return [random.draw_seed() for _ in range(300)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draws, [1, 2] * 20)) == [draws(1), draws(2)] * 20


def fisher_yates(n: int, seed: int) -> list[int]:
    """The twin of the engine's permutation: SplitMix64 in Python's integers."""
    mask, order = 2**64 - 1, list(range(n))
    for i in range(n, 1, -1):
        x = (seed + (i + 1) * 0x9E3779B97F4A7C15) & mask
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & mask
        x = (x ^ x >> 27) * 0x94D049BB133111EB & mask
        j = (x ^ x >> 31) * i >> 64
        order[i - 1], order[j] = order[j], order[i - 1]
    return order


@pytest.mark.parametrize("n", [0, 1, 2, 3, 1000])
def test_a_permutation_is_its_twins(n: int) -> None:
    for seed in (0, 1, 2**63 - 1):
        assert _engine.permutation(n, seed).tolist() == fisher_yates(n, seed)


def test_permutations_are_uniform() -> None:
    random.set_seed(0)
    counts = np.zeros((6, 6))
    for _ in range(12_000):
        counts[np.arange(6), random.permutation(6)] += 1
    chi_square = ((counts - 2000) ** 2 / 2000).sum()
    assert chi_square < 55  # 25 degrees of freedom: p = 0.0005
