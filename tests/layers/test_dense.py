import numpy as np
import pytest

from fastmlp import activations
from fastmlp.layers import Dense, Input


def test_kernel_and_bias() -> None:
    layer = Dense(300)
    layer(Input((784,)))
    assert (layer.kernel.shape, layer.bias.shape) == ((784, 300), (300,))
    assert layer.count_params() == 235500
    assert not layer.bias.value.any()
    assert np.abs(layer.kernel.value).max() <= np.sqrt(6 / 1084)
    assert layer.kernel.value.std() == pytest.approx(np.sqrt(2 / 1084), rel=0.02)


@pytest.mark.parametrize("activation", [None, "relu", "gelu", "softmax", activations.tanh, "step"])
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("shape", [(5, 7), (3, 4, 7)])
def test_against_numpy(activation: object, use_bias: bool, shape: tuple[int, ...]) -> None:
    layer = Dense(
        6,
        activation,
        use_bias=use_bias,
        bias_initializer="random_normal",
        kernel_initializer="he_normal",
        dtype="float64",
    )
    x = np.random.default_rng(0).standard_normal(shape)
    y = layer(x)
    z = x @ layer.kernel.value + (layer.bias.value if use_bias else 0)
    np.testing.assert_allclose(y, activations.get(activation)(z), rtol=1e-12, atol=1e-13)
    assert len(layer.variables) == 1 + use_bias


@pytest.mark.parametrize("units", [0, -3, 2.0, "3", True, None])
def test_units_are_positive(units: object) -> None:
    with pytest.raises(ValueError, match=r"`units` must be a positive integer. Received: units="):
        Dense(units)  # type: ignore[arg-type]


def test_units_may_be_a_numpy_integer() -> None:
    assert Dense(np.int64(3)).units == 3


@pytest.mark.parametrize("inputs", [[Input((3,)), Input((3,))], [np.ones((2, 3))], {"x": Input((3,))}])
def test_there_is_one_input(inputs: object) -> None:
    with pytest.raises(ValueError, match=r"'dense' expects one input. Received a (list|dict) of [12]"):
        Dense(3, name="dense")(inputs)


def test_inputs_must_fit_the_kernel() -> None:
    layer = Dense(3, name="dense")
    layer(Input((4,)))
    with pytest.raises(
        ValueError, match=r"'dense' expects inputs whose last axis has size 4. Received: shape=\(None, 5\)"
    ):
        layer(Input((5,)))
    with pytest.raises(ValueError, match="expects inputs of two axes or more"):
        Dense(3)(Input(()))
