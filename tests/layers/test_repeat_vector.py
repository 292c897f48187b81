import numpy as np
import pytest

from fastmlp.layers import Input, RepeatVector


def test_samples_are_stacked() -> None:
    x = np.random.default_rng(0).random((5, 3), np.float32)
    np.testing.assert_array_equal(RepeatVector(4)(x), np.repeat(x[:, None], 4, axis=1))


@pytest.mark.parametrize("n", [0, -1, 2.0, True, None])
def test_n_is_positive(n: object) -> None:
    with pytest.raises(ValueError, match=r"`n` must be a positive integer. Received: n="):
        RepeatVector(n)  # type: ignore[arg-type]


def test_samples_are_vectors() -> None:
    with pytest.raises(ValueError, match="expects inputs of two axes"):
        RepeatVector(2)(Input((3, 4)))
