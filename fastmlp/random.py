"""The one source of randomness: initial weights, shuffling and the seeds of dropout all come from one generator."""

import numpy as np

_generator = np.random.default_rng()


def generator() -> np.random.Generator:
    """Return the generator from which everything unseeded is drawn."""
    return _generator


def set_seed(seed: int) -> None:
    """Start the generator anew from `seed`, a non-negative integer."""
    global _generator
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"`seed` must be a non-negative integer. Received: seed={seed!r}")
    _generator = np.random.default_rng(int(seed))


def draw_seed() -> int:
    """Draw a seed in [0, 2**63) for a stream of the engine's own generator."""
    return int(_generator.integers(2**63))
