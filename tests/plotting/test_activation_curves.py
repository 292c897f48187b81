import numpy as np
import pytest

from fastmlp import activations, plotting

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install fastmlp[plot]")


def test_functions_and_derivatives_of_the_chapter() -> None:
    left, right = plotting.plot_activations().axes
    functions = {line.get_label(): line for line in left.get_lines()}
    derivatives = {line.get_label(): line.get_ydata() for line in right.get_lines()}
    assert list(functions) == list(derivatives) == ["step", "sigmoid", "tanh", "relu"]
    z = functions["tanh"].get_xdata()
    assert (z[0], z[-1]) == (-5, 5)
    sigmoid = 1 / (1 + np.exp(-z))
    for name, value, slope in (
        ("step", z >= 0, 0 * z),
        ("sigmoid", sigmoid, sigmoid * (1 - sigmoid)),
        ("tanh", np.tanh(z), 1 - np.tanh(z) ** 2),
        ("relu", np.maximum(z, 0), z > 0),
    ):
        np.testing.assert_allclose(functions[name].get_ydata(), value, atol=1e-12)
        np.testing.assert_allclose(derivatives[name], slope, atol=1e-8)


def test_functions_of_ones_own() -> None:
    def cube(z: np.ndarray) -> np.ndarray:
        return z**3

    left, right = plotting.plot_activations([cube, activations.selu], low=-1, high=1).axes
    assert [line.get_label() for line in left.get_lines()] == ["cube", "selu"]
    z = right.get_lines()[0].get_xdata()
    np.testing.assert_allclose(right.get_lines()[0].get_ydata(), 3 * z**2, atol=1e-8)


def test_an_interval_must_not_be_empty() -> None:
    with pytest.raises(ValueError, match=r"`low` must be less than `high`\. Received: low=1, high=1"):
        plotting.plot_activations(low=1, high=1)
