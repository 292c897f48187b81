import numpy as np
import pytest

import reference
from fastmlp.layers import Input, LayerNormalization

X = np.random.default_rng(0).normal(2, 3, (6, 4, 3))


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), [2, 1], (2,), (-2,)])
def test_mean_and_variance_along_any_axes(axis: int | tuple[int, ...]) -> None:
    layer = LayerNormalization(axis=axis, epsilon=0, dtype="float64")
    y = layer(X)
    axes = axis if isinstance(axis, int) else tuple(axis)
    np.testing.assert_allclose(y.mean(axis=axes), 0 * y.mean(axis=axes), atol=1e-12)
    np.testing.assert_allclose(y.var(axis=axes), 1 + 0 * y.mean(axis=axes))


def test_gamma_and_beta() -> None:
    layer = LayerNormalization(dtype="float64")
    layer.build((None, 4, 3))
    gamma, beta = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 0.0])
    layer.set_weights([gamma, beta])
    expected = reference.normalize_rows(X.reshape(-1, 3), gamma, beta, 1e-3)[0]
    np.testing.assert_allclose(layer(X), expected.reshape(X.shape), rtol=1e-12)
    bare = LayerNormalization(center=False, scale=False)
    bare.build((None, 3))
    assert bare.variables == []


@pytest.mark.parametrize("axis", [0, 3, -4, (1, 1), ()])
def test_the_axis_is_one_of_the_samples(axis: int | tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"`axis` of layer 'norm' must be among the axes 1 to 2 of its input"):
        LayerNormalization(axis=axis, name="norm")(Input((4, 3)))
