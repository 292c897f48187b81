import numpy as np
import pytest

from fastmlp import activations
from fastmlp.layers import Activation


@pytest.mark.parametrize("activation", ["relu", activations.softplus, "softmax", "linear"])
def test_applies_the_function(activation: object) -> None:
    x = np.random.default_rng(0).standard_normal((4, 5))
    expected = activations.get(activation)(x)
    np.testing.assert_array_equal(Activation(activation, dtype="float64")(x), expected)


def test_unknown_names_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="Unknown activation: 'rely'"):
        Activation("rely")
