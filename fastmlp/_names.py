"""Names that the user did not choose: `dense`, `dense_1`, `dense_2`, counted per process as Keras does."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import count

# A count hands out each number once, also to threads that ask at the same time.
_counts: dict[str, Iterator[int]] = {}


@cache  # of names of classes
def snake_case(name: str) -> str:
    """Return `BatchNormalization` as `batch_normalization`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(prefix: str, *, first: int = 0) -> str:
    """Return the next free name: `prefix`, then `prefix_1`, ... A positive `first` numbers the first one too."""
    number = next(_counts.setdefault(prefix, count(first)))
    return f"{prefix}_{number}" if number else prefix


def reset() -> None:
    """Start counting anew."""
    _counts.clear()
