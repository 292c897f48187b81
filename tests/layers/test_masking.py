import numpy as np

from fastmlp.layers import Masking


def test_vectors_of_the_mask_value_become_zero() -> None:
    x = np.array([[[5, 5], [5, 1], [2, 3]]], np.float32)
    assert Masking(5)(x).tolist() == [[[0, 0], [5, 1], [2, 3]]]
