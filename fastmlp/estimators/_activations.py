"""Activations of hidden layers: scikit-learn's names, fastmlp's, functions, layers, or one of these for each layer."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

from fastmlp import activations
from fastmlp._names import snake_case, unique_name
from fastmlp.graph import Graph, Tensor
from fastmlp.layers import Dense, Input, Layer

Activation = str | Callable[..., Any]

# scikit-learn's names of activations that Keras has under others.
KERAS_NAMES = {"identity": "linear", "logistic": "sigmoid", "exp": "exponential"}
OF_HIDDEN = frozenset({"identity", "logistic", "tanh", "relu"})  # scikit-learn's
# Those that a parameter may name: `threshold` needs arguments, and `glu` gives a number for every two units.
NAMES = (OF_HIDDEN | activations.names()) - {"threshold", "glu"}


def activation_named(given: Activation, dtype: str) -> Callable[..., Any]:
    """Return the activation of scikit-learn's or Keras' name, the function of a tensor, or a new layer of the dtype.

    Raises
    ------
    ValueError
        If it is a Dense layer, or of an unknown name.
    """
    if isinstance(given, Dense):
        raise ValueError(
            f"Dense layers of an estimator are those of hidden_layer_sizes. Received: activation {given!r}"
        )
    if isinstance(given, Layer):
        layer = copy.deepcopy(given)  # it will remember the network in which it is called
        layer.name, layer.dtype = unique_name(snake_case(type(layer).__name__)), dtype
        return layer
    return activations.get(KERAS_NAMES.get(given, given) if isinstance(given, str) else given)


def of_layers(parameter: str, given: Any, layers: int) -> list[Any]:
    """Return what a parameter says of each hidden layer, of which it says one thing or a list.

    Raises
    ------
    ValueError
        If it is a list of another length.
    """
    if isinstance(given, str) or not hasattr(given, "__len__"):
        return [given] * layers
    if len(given) != layers:
        raise ValueError(
            f"{parameter} must have one element for each of the {layers} hidden layers. Received: {given!r}"
        )
    return list(given)


def draws(activation: Any, units: Sequence[int]) -> bool:
    """Tell whether an activation of hidden layers of so many units draws random numbers in training."""
    for each, size in zip(of_layers("activation", activation, len(units)), units, strict=True):
        inputs = Input((size,), dtype="float64")
        outputs = activation_named(each, "float64")(inputs)
        if isinstance(outputs, Tensor) and Graph([inputs], [outputs]).draws:
            return True
    return False


def factors(activation: Any, layers: int) -> list[float]:
    """Return the factor in the bound of the first weights of each layer, the output's being that of the last hidden.

    It is 2 for scikit-learn's "logistic", else 6: X. Glorot and Y. Bengio, 2010.
    """
    hidden: Sequence[Any] = of_layers("activation", activation, layers) or [activation]
    return [2.0 if isinstance(each, str) and each == "logistic" else 6.0 for each in (*hidden, hidden[-1])][
        -layers - 1 :
    ]
