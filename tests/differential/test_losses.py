"""Every loss, trained with both."""

from typing import Any

import pytest
from differential.harness import COLUMNS, TARGETS, WEIGHTS, named, same_training

# Class, arguments, activation of the last layer, targets.
CASES: list[Any] = [
    ("MeanSquaredError", {}, "linear", "numbers"),
    ("MeanAbsoluteError", {}, "linear", "numbers"),
    ("MeanAbsolutePercentageError", {}, "linear", "positive"),
    ("MeanSquaredLogarithmicError", {}, "softplus", "positive"),
    ("Huber", {}, "linear", "numbers"),
    ("Huber", {"delta": 0.3}, "linear", "number"),
    ("LogCosh", {}, "linear", "numbers"),
    ("CosineSimilarity", {}, "linear", "numbers"),
    ("CosineSimilarity", {"axis": 1}, "tanh", "numbers"),
    ("Poisson", {}, "softplus", "positive"),
    ("KLDivergence", {}, "softmax", "one_hot"),
    ("Hinge", {}, "tanh", "signs"),
    ("Hinge", {}, "tanh", "bits"),
    ("SquaredHinge", {}, "tanh", "signs"),
    ("CategoricalHinge", {}, "softmax", "one_hot"),
    ("BinaryCrossentropy", {}, "sigmoid", "bit"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "linear", "bits"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "sigmoid", "bits"),
    ("BinaryFocalCrossentropy", {}, "sigmoid", "bits"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.4, "gamma": 1.5}, "sigmoid", "bit"),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "linear", "bits"),
    ("CategoricalCrossentropy", {}, "softmax", "one_hot"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, "linear", "one_hot"),
    ("CategoricalFocalCrossentropy", {}, "softmax", "one_hot"),
    ("CategoricalFocalCrossentropy", {"alpha": 0.5, "gamma": 1.0, "from_logits": True}, "linear", "one_hot"),
    ("CategoricalGeneralizedCrossEntropy", {}, "softmax", "labels"),
    ("SparseCategoricalCrossentropy", {}, "softmax", "labels"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "linear", "labels"),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, "softmax", "labels"),
    ("Dice", {}, "sigmoid", "bits"),
    ("Dice", {"axis": (1,)}, "sigmoid", "bits"),
    ("Tversky", {}, "sigmoid", "bits"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7, "axis": (1,)}, "sigmoid", "bits"),
    ("MeanSquaredError", {"reduction": "sum"}, "linear", "numbers"),
    ("LogCosh", {"reduction": "sum"}, "linear", "numbers"),
    ("MeanSquaredError", {"reduction": "mean_with_sample_weight"}, "linear", "numbers"),
]


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize(("name", "settings", "last", "target"), CASES, ids=named(CASES))
def test_a_loss(name: str, settings: dict[str, Any], last: str, target: str, weighted: bool) -> None:
    y = TARGETS[target]
    units = 3 if y.ndim == 1 else y.shape[1]

    def build(kit: Any) -> Any:
        model = kit.Sequential(
            [kit.Input((COLUMNS,)), kit.layers.Dense(4, activation="tanh"), kit.layers.Dense(units, activation=last)]
        )
        steep = settings.get("reduction") == "sum" or name == "MeanAbsolutePercentageError"
        rate = 0.01 if steep else 0.1
        model.compile(kit.optimizers.SGD(rate), getattr(kit.losses, name)(**settings))
        return model

    same_training(build, y=y, **({"sample_weight": WEIGHTS} if weighted else {}))
