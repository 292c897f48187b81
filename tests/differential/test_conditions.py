"""Every regularizer and every constraint, trained with both."""

from typing import Any

import pytest
from differential.harness import COLUMNS, named, same_training

REGULARIZERS: list[Any] = [
    ("L1", {"l1": 0.02}),
    ("L2", {"l2": 0.05}),
    ("L1L2", {"l1": 0.01, "l2": 0.03}),
    ("OrthogonalRegularizer", {"factor": 0.05}),
    ("OrthogonalRegularizer", {"factor": 0.05, "mode": "columns"}),
]
CONSTRAINTS: list[Any] = [
    ("NonNeg", {}),
    ("MaxNorm", {"max_value": 0.5}),
    ("MaxNorm", {"max_value": 0.4, "axis": 1}),
    ("UnitNorm", {}),
    ("MinMaxNorm", {"min_value": 0.6, "max_value": 0.9, "rate": 0.5}),
]


def trained(dense: Any) -> None:
    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), dense(kit), kit.layers.Dense(3)])
        model.compile(kit.optimizers.SGD(0.1, momentum=0.5), "mse", metrics=["mae"])
        return model

    same_training(build, validation_split=0.2)


# That of orthogonality needs the matrix that a kernel is.
@pytest.mark.parametrize(
    ("role", "name", "settings"),
    [
        pytest.param(role, *case, id=f"{role}-{name}")
        for case, name in zip(REGULARIZERS, named(REGULARIZERS), strict=True)
        for role in ("kernel", "bias", "activity")
        if role == "kernel" or case[0] != "OrthogonalRegularizer"
    ],
)
def test_a_regularizer(name: str, settings: dict[str, Any], role: str) -> None:
    def dense(kit: Any) -> Any:
        regularizer = getattr(kit.regularizers, name)(**settings)
        arguments = {f"{role}_regularizer": regularizer, "bias_initializer": "ones"}
        return kit.layers.Dense(4, activation="tanh", **arguments)

    trained(dense)


@pytest.mark.parametrize(
    ("role", "name", "settings"),
    [
        pytest.param(role, *case, id=f"{role}-{name}")
        for case, name in zip(CONSTRAINTS, named(CONSTRAINTS), strict=True)
        for role in ("kernel", "bias")
        if role == "kernel" or not case[1].get("axis")
    ],
)
def test_a_constraint(name: str, settings: dict[str, Any], role: str) -> None:
    def dense(kit: Any) -> Any:
        arguments = {f"{role}_constraint": getattr(kit.constraints, name)(**settings), "bias_initializer": "ones"}
        return kit.layers.Dense(4, activation="tanh", **arguments)

    trained(dense)


@pytest.mark.parametrize("settings", [{}, {"global_clipnorm": 0.05}], ids=["", "clipped"])
def test_a_penalty_on_what_no_loss_reaches(settings: dict[str, Any]) -> None:
    def build(kit: Any) -> Any:
        inputs = kit.Input((COLUMNS,))
        hidden = kit.layers.Dense(4, activation="tanh", kernel_regularizer=kit.regularizers.L1L2(0.01, 0.05))(inputs)
        model = kit.Model(inputs, kit.layers.Dense(3)(kit.ops.stop_gradient(hidden)))
        model.compile(kit.optimizers.SGD(0.1, momentum=0.5, **settings), "mse")
        return model

    same_training(build)


@pytest.mark.parametrize("optimizer", ["Adam", "Lamb"])
def test_a_norm_of_all_without_epsilon(optimizer: str) -> None:
    """The smallest epsilons are 0 in float32, so that zeros in the padding are divided by zero."""

    def build(kit: Any) -> Any:
        constraint = kit.constraints.MaxNorm(1.0, axis=(0, 1))
        hidden = kit.layers.Dense(5, activation="tanh", kernel_constraint=constraint)
        model = kit.Sequential([kit.Input((COLUMNS,)), hidden, kit.layers.Dense(3)])
        model.compile(getattr(kit.optimizers, optimizer)(0.01, epsilon=1e-50, clipnorm=1.0), "mse")
        return model

    same_training(build)
