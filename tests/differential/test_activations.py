"""Every activation, as a layer's argument, trained with both."""

from typing import Any

import pytest
from differential.harness import COLUMNS, same_training

# Not glu: Keras' Dense takes its outputs for twice as many as they are.
NAMES = [
    "celu",
    "elu",
    "exponential",
    "gelu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "swish",
    "tanh",
    "tanh_shrink",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_activation(name: str) -> None:
    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(6, activation=name), kit.layers.Dense(3)])
        model.compile(kit.optimizers.SGD(0.05), "mse")
        return model

    same_training(build)
