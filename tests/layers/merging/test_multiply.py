import numpy as np

from fastmlp.layers import Multiply, multiply


def test_the_product_of_several() -> None:
    a, b, c = np.random.default_rng(0).standard_normal((3, 4, 2, 5))
    np.testing.assert_allclose(Multiply(dtype="float64")([a, b, c]), a * b * c, rtol=1e-14)
    np.testing.assert_allclose(multiply([a, a], dtype="float64"), a * a, rtol=1e-15)
