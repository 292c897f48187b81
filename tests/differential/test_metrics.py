"""Every metric, beside a training with both: those that go with the same targets together."""

from typing import Any

import pytest
from differential.harness import COLUMNS, TARGETS, WEIGHTS, same_training

# Activation of the last layer and targets: class and arguments of the metrics.
CASES: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {
    ("linear", "numbers"): [
        ("MeanSquaredError", {}),
        ("MeanAbsoluteError", {}),
        ("RootMeanSquaredError", {}),
        ("LogCoshError", {}),
        ("CosineSimilarity", {}),
        ("R2Score", {}),
        ("R2Score", {"class_aggregation": "variance_weighted_average", "name": "r2_by_variance"}),
        ("PearsonCorrelation", {}),
        ("ConcordanceCorrelation", {}),
    ],
    ("softplus", "positive"): [
        ("MeanAbsolutePercentageError", {}),
        ("MeanSquaredLogarithmicError", {}),
        ("Poisson", {}),
    ],
    ("tanh", "signs"): [("Hinge", {}), ("SquaredHinge", {})],
    ("sigmoid", "bit"): [
        ("BinaryAccuracy", {}),
        ("BinaryAccuracy", {"threshold": 0.3, "name": "low"}),
        ("BinaryCrossentropy", {"label_smoothing": 0.1}),
        ("AUC", {}),
        ("AUC", {"curve": "PR", "num_thresholds": 50, "name": "pr"}),
        ("AUC", {"summation_method": "majoring", "thresholds": [0.2, 0.5, 0.7], "name": "majoring"}),
        ("Precision", {}),
        ("Precision", {"thresholds": 0.4, "name": "precision_low"}),
        ("Recall", {}),
        ("Recall", {"thresholds": 0.4, "name": "recall_low"}),
        ("TruePositives", {}),
        ("TrueNegatives", {}),
        ("FalsePositives", {"thresholds": 0.6}),
        ("FalseNegatives", {}),
        ("PrecisionAtRecall", {"recall": 0.6}),
        ("RecallAtPrecision", {"precision": 0.5}),
        ("SensitivityAtSpecificity", {"specificity": 0.5}),
        ("SpecificityAtSensitivity", {"sensitivity": 0.5}),
    ],
    ("sigmoid", "bits"): [
        ("AUC", {"multi_label": True}),
        ("F1Score", {"average": "macro", "threshold": 0.5}),
        ("FBetaScore", {"average": "micro", "beta": 2.0, "threshold": 0.4}),
        ("F1Score", {"average": "weighted", "threshold": 0.5, "name": "f1_weighted"}),
        ("Precision", {"class_id": 1}),
    ],
    ("softmax", "one_hot"): [
        ("Accuracy", {}),
        ("CategoricalAccuracy", {}),
        ("CategoricalCrossentropy", {"label_smoothing": 0.2}),
        ("TopKCategoricalAccuracy", {"k": 2}),
        ("KLDivergence", {}),
        ("CategoricalHinge", {}),
        ("F1Score", {"average": "macro"}),
        ("Precision", {"top_k": 1}),
        ("Recall", {"top_k": 2}),
    ],
    ("softmax", "labels"): [
        ("SparseCategoricalAccuracy", {}),
        ("SparseCategoricalCrossentropy", {}),
        ("SparseTopKCategoricalAccuracy", {"k": 2}),
    ],
}
LOSSES = {
    "bit": "binary_crossentropy",
    "bits": "binary_crossentropy",
    "one_hot": "categorical_crossentropy",
    "labels": "sparse_categorical_crossentropy",
}


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize(("last", "target"), CASES, ids=lambda part: part)
def test_metrics(last: str, target: str, argument: str) -> None:
    y = TARGETS[target]
    units = 3 if y.ndim == 1 else y.shape[1]
    cases = CASES[last, target]

    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(units, activation=last)])
        metrics = [getattr(kit.metrics, name)(**settings) for name, settings in cases]
        model.compile(kit.optimizers.SGD(0.1), LOSSES.get(target, "mse"), **{argument: metrics})
        return model

    same_training(build, y=y, sample_weight=WEIGHTS, validation_split=0.3)


@pytest.mark.parametrize(
    ("last", "target", "loss"),
    [
        ("sigmoid", "bit", "crossentropy"),
        ("softmax", "one_hot", "crossentropy"),
        ("softmax", "labels", "crossentropy"),
        ("linear", "number", "mse"),
        ("linear", "numbers", "mae"),
    ],
)
def test_accuracy_by_its_short_name(last: str, target: str, loss: str) -> None:
    y = TARGETS[target]

    def build(kit: Any) -> Any:
        units = 3 if y.ndim == 1 else y.shape[1]
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(units, activation=last)])
        model.compile("sgd", loss, metrics=["accuracy"], weighted_metrics=["acc"])
        return model

    same_training(build, y=y, sample_weight=WEIGHTS)


def own_metric(kit: Any) -> Any:
    class Share(kit.metrics.Metric):  # type: ignore[misc]
        """The share of the predictions that are positive: the mean of the batches' ones."""

        def __init__(self) -> None:
            super().__init__(name="share")
            self.total = self.add_weight(name="total", initializer="zeros")
            self.batches = self.add_weight(name="batches", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.total.assign_add(kit.ops.mean(kit.ops.cast(y_pred > 0, "float32")))
            self.batches.assign_add(1.0)

        def result(self) -> Any:
            return self.total / self.batches

    return Share()


def test_names_functions_and_a_class_of_ones_own() -> None:
    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(3)])
        metrics = ["mse", "MAE", "RootMeanSquaredError", kit.losses.huber, own_metric(kit)]
        model.compile(kit.optimizers.SGD(0.1), "mse", metrics=metrics)
        return model

    same_training(build, y=TARGETS["numbers"], validation_split=0.2)
