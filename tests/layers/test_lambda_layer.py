import numpy as np
import pytest

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers import Input, Lambda
from fastmlp.models import Model

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_a_function_of_tensors() -> None:
    np.testing.assert_array_equal(Lambda(lambda x: 2 * x + 1)(X), 2 * X + 1)
    power = Lambda(lambda x, exponent: ops.power(x, exponent), arguments={"exponent": 2})
    np.testing.assert_allclose(power(X), X**2, rtol=1e-6)


def test_of_several_tensors() -> None:
    a, b = Input((3,)), Input((3,))
    model = Model([a, b], Lambda(lambda both: both[0] * both[1])([a, b]))
    np.testing.assert_array_equal(model.predict([X, X], verbose=0), X * X)


def test_a_function_may_be_told_of_training() -> None:
    def twice_in_training(x: Tensor, training: bool | None = None) -> Tensor:
        return 2 * x if training else x

    layer = Lambda(twice_in_training)
    np.testing.assert_array_equal(layer(X, training=True), 2 * X)
    np.testing.assert_array_equal(layer(X), X)


def test_it_is_a_function() -> None:
    with pytest.raises(ValueError, match=r"`function` must be a function of tensors. Received: function='x'"):
        Lambda("x")  # type: ignore[arg-type]
