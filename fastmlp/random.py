"""The one source of randomness: initial weights, shuffling and the seeds of dropout all come from one generator."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
from numpy.typing import NDArray

from fastmlp import _engine

_generator = np.random.default_rng()
_own: ContextVar[np.random.Generator | None] = ContextVar("own generator", default=None)


def generator() -> np.random.Generator:
    """Return the generator from which everything unseeded is drawn."""
    own = _own.get()
    return _generator if own is None else own


@contextmanager
def own_generator(seed: int) -> Iterator[None]:
    """Draw from a generator of its own, started from `seed`: what other threads draw meanwhile changes nothing."""
    token = _own.set(np.random.default_rng(seed))
    try:
        yield
    finally:
        _own.reset(token)


def check_seed(seed: object) -> int:
    """Return a seed as an int, or raise a ValueError if it is not an integer from 0 to 2**32 - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"`seed` must be an integer from 0 to 2**32 - 1. Received: seed={seed!r}")
    return int(seed)


def set_seed(seed: int) -> None:
    """Start the generator anew from `seed`, an integer from 0 to 2**32 - 1."""
    global _generator
    fresh = np.random.default_rng(check_seed(seed))
    if _own.get() is None:
        _generator = fresh
    else:
        _own.set(fresh)


def draw_seed() -> int:
    """Draw a seed in [0, 2**63) for a stream of the engine's own generator."""
    return generator().bit_generator.random_raw() >> 1  # what `integers(2**63)` draws, sooner


def permutation(n: int, seed: int | None = None) -> NDArray[np.int64]:
    """Return the order of the numbers 0 ... n - 1 that belongs to a seed, which is drawn if it is not given."""
    return _engine.permutation(n, draw_seed() if seed is None else seed)
