import numpy as np

from fastmlp.utils import normalize


def test_vectors_have_length_one() -> None:
    np.testing.assert_allclose(normalize([[3, 4], [0, 0]]), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalize([[3.0, 4.0], [1.0, 0.0]], axis=0), [[3 / 10**0.5, 1], [1 / 10**0.5, 0]])
    np.testing.assert_allclose(normalize([1.0, 3.0], order=1), [0.25, 0.75])
