import numpy as np

from fastmlp.layers import Add, add


def test_the_sum_of_several() -> None:
    a, b, c = np.random.default_rng(0).standard_normal((3, 4, 2, 5))
    np.testing.assert_allclose(Add(dtype="float64")([a, b, c]), a + b + c, rtol=1e-15)
    np.testing.assert_allclose(add([a, a], dtype="float64"), 2 * a, rtol=1e-15)
