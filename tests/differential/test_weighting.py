"""Weights of samples, classes and outputs, losses and metrics of one's own, and the ways of giving all that."""

from typing import Any

import numpy as np
import pytest
from differential.harness import COLUMNS, LABELS, ROWS, TARGETS, WEIGHTS, X, same_training


def two_outputs(kit: Any) -> Any:
    inputs = kit.Input((COLUMNS,), name="features")
    hidden = kit.layers.Dense(4, activation="tanh")(inputs)
    main = kit.layers.Dense(3, name="main")(hidden)
    aux = kit.layers.Dense(1, activation="sigmoid", name="aux")(hidden)
    return kit.Model(inputs, [main, aux])


Y = {"main": TARGETS["numbers"], "aux": TARGETS["bit"]}


@pytest.mark.parametrize(
    ("arguments", "y", "fit"),
    [
        ({"loss": ["mse", "binary_crossentropy"], "loss_weights": [0.7, 0.3]}, list(Y.values()), {}),
        (
            {
                "loss": {"main": "mse", "aux": "binary_crossentropy"},
                "loss_weights": {"main": 0.5, "aux": 2.0},
                "metrics": {"main": ["mae"], "aux": ["accuracy", "mse"]},
            },
            Y,
            {},
        ),
        (
            {"loss": ["mae", "mse"], "metrics": [["mse"], ["mae"]], "weighted_metrics": [["mse"], ["mae"]]},
            list(Y.values()),
            {"sample_weight": [WEIGHTS, WEIGHTS[::-1].copy()]},
        ),
        ({"loss": ["mse", "log_cosh"]}, list(Y.values()), {"validation_split": 0.25}),
    ],
    ids=["lists", "dicts", "weights", "ops"],
)
def test_two_outputs(arguments: dict[str, Any], y: Any, fit: dict[str, Any]) -> None:
    def build(kit: Any) -> Any:
        model = two_outputs(kit)
        model.compile(kit.optimizers.SGD(0.1), **arguments)
        return model

    same_training(build, y=y, **fit)


def one_output(units: int, last: str, **arguments: Any) -> Any:
    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(units, activation=last)])
        model.compile(kit.optimizers.SGD(0.1), **arguments)
        return model

    return build


@pytest.mark.parametrize(
    ("loss", "last", "target"),
    [
        ("sparse_categorical_crossentropy", "softmax", "labels"),
        ("categorical_crossentropy", "softmax", "one_hot"),
        ("binary_crossentropy", "sigmoid", "bit"),
        ("kl_divergence", "softmax", "one_hot"),
        ("mse", "linear", "bit"),
    ],
)
def test_weights_of_classes(loss: str, last: str, target: str) -> None:
    y = TARGETS[target]
    units = 3 if y.ndim == 1 else y.shape[1]
    same_training(one_output(units, last, loss=loss), y=y, class_weight={0: 0.5, 1: 2.0})


def test_weights_of_validation() -> None:
    build = one_output(3, "linear", loss="mse", metrics=["mae"], weighted_metrics=["mae"])
    same_training(build, validation_data=(X[::-1].copy(), TARGETS["numbers"], WEIGHTS), sample_weight=WEIGHTS)


def test_weights_of_the_rows_of_matrices() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((ROWS, 4, COLUMNS)).astype(np.float32)
    y = rng.standard_normal((ROWS, 4, 2)).astype(np.float32)

    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((4, COLUMNS)), kit.layers.Dense(2)])
        model.compile(kit.optimizers.SGD(0.1), "mse")
        return model

    same_training(build, x, y, sample_weight=rng.uniform(0.5, 2, (ROWS, 4)).astype(np.float32))


def own_loss(kit: Any) -> Any:
    def asymmetric(y_true: Any, y_pred: Any) -> Any:
        error = y_true - y_pred
        return kit.ops.mean(kit.ops.where(error > 0, 2 * error, -error) ** 2, axis=-1)

    return asymmetric


def own_loss_of_a_batch(kit: Any) -> Any:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return kit.ops.mean(kit.ops.square(y_true - y_pred)) + 0.1 * kit.ops.mean(kit.ops.abs(y_pred))

    return worst


def own_loss_class(kit: Any) -> Any:
    class Scaled(kit.losses.Loss):  # type: ignore[misc]
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return kit.ops.square(y_true - y_pred)  # not reduced over the columns

    return Scaled(reduction="sum")


@pytest.mark.parametrize(
    ("loss", "weighted"),
    [
        (own_loss, False),
        (own_loss, True),
        (own_loss_of_a_batch, False),
        (own_loss_of_a_batch, True),
        (own_loss_class, False),  # Keras has no weights for losses of more axes than the weights
    ],
)
def test_losses_of_ones_own(loss: Any, weighted: bool) -> None:
    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(3)])
        model.compile(kit.optimizers.SGD(0.01), loss(kit))
        return model

    same_training(build, **({"sample_weight": WEIGHTS} if weighted else {}))


def test_metrics_of_ones_own() -> None:
    def build(kit: Any) -> Any:
        def in_ops(y_true: Any, y_pred: Any) -> Any:
            return kit.ops.max(kit.ops.abs(y_true - y_pred), axis=-1)

        def of_a_batch(y_true: Any, y_pred: Any) -> Any:
            return kit.ops.mean(kit.ops.square(y_true - y_pred))

        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(3)])
        model.compile(kit.optimizers.SGD(0.1), "mse", metrics=[in_ops, of_a_batch], weighted_metrics=[in_ops])
        return model

    same_training(build, sample_weight=WEIGHTS, validation_split=0.3)


def test_targets_of_one_axis_go_with_one_column() -> None:
    same_training(one_output(1, "linear", loss="mse", metrics=["mae"]), y=TARGETS["number"][:, 0])
    same_training(one_output(1, "linear", loss="log_cosh", metrics=["mae"]), y=TARGETS["number"][:, 0])
    same_training(one_output(3, "softmax", loss="sparse_categorical_crossentropy"), y=LABELS[:, np.newaxis])
