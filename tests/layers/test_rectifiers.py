import numpy as np
import pytest

from fastmlp.layers import ELU, Dense, Input, Layer, LeakyReLU, PReLU, ReLU
from fastmlp.models import Sequential

X = np.array([[-2.0, -0.5, 0.0, 0.5, 2.0]])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (ReLU(), [0, 0, 0, 0.5, 2]),
        (ReLU(max_value=1), [0, 0, 0, 0.5, 1]),
        (ReLU(1.0, 0.1, 0.5), [-0.25, -0.1, -0.05, 0, 1]),
        (LeakyReLU(), [-0.6, -0.15, 0, 0.5, 2]),
        (LeakyReLU(0.1), [-0.2, -0.05, 0, 0.5, 2]),
        (LeakyReLU(alpha=0.1), [-0.2, -0.05, 0, 0.5, 2]),
        (ELU(2.0), [2 * np.expm1(-2), 2 * np.expm1(-0.5), 0, 0.5, 2]),
        (PReLU(), [0, 0, 0, 0.5, 2]),
        (PReLU("ones"), [-2, -0.5, 0, 0.5, 2]),
    ],
)
def test_values(layer: Layer, expected: list[float]) -> None:
    np.testing.assert_allclose(layer(X)[0], expected, rtol=1e-6)


def test_the_slopes_of_prelu_are_learned() -> None:
    layer = PReLU()
    model = Sequential([Input((5,)), layer])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(X, -X, epochs=2, verbose=0)
    assert (layer.alpha.value[:2] < 0).all()
    assert not layer.alpha.value[2:].any()


def test_prelu_may_share_slopes() -> None:
    layer = PReLU(shared_axes=1)
    layer(Input((4, 3)))
    assert layer.alpha.shape == (1, 3)
    assert layer.get_config()["shared_axes"] == [1]
    with pytest.raises(ValueError, match="`shared_axes` must be among the axes 1 to 2"):
        PReLU(shared_axes=[0])(Input((4, 3)))


@pytest.mark.parametrize("arguments", [{"max_value": -1}, {"negative_slope": -0.1}, {"threshold": None}])
def test_settings_of_relu_are_not_negative(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"`\w+` must be a number that is not negative"):
        ReLU(**arguments)
    with pytest.raises(ValueError, match="`negative_slope` must be a number that is not negative"):
        LeakyReLU(None)  # type: ignore[arg-type]


def test_in_a_model() -> None:
    assert Sequential([Input((5,)), Dense(3), LeakyReLU()]).output_shape == (None, 3)
