"""Every metric, reported of a training by both: plain, and weighted by sample weights."""

from typing import Any

import pytest
from differential.harness import COLUMNS, TARGETS, WEIGHTS, same_training

ROWS_AS_NUMBERS = [
    "MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "LogCoshError",
    "MeanSquaredLogarithmicError", "CosineSimilarity", "R2Score", "PearsonCorrelation", "ConcordanceCorrelation",
]  # fmt: skip
ROWS_AS_CLASSES = ["CategoricalAccuracy", "CategoricalCrossentropy", "KLDivergence", "CategoricalHinge", "F1Score"]
ROWS_AS_BITS = [
    "BinaryAccuracy", "BinaryCrossentropy", "Hinge", "SquaredHinge", "Poisson", "AUC", "Precision", "Recall",
    "TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives",
]  # fmt: skip

# Targets, activation of the last layer, loss, metrics.
CASES: dict[str, tuple[str, str, str, Any]] = {
    "numbers": ("numbers", "linear", "mse", lambda kit: [getattr(kit.metrics, name)() for name in ROWS_AS_NUMBERS]),
    "classes": (
        "one_hot",
        "softmax",
        "categorical_crossentropy",
        lambda kit: [
            *(getattr(kit.metrics, name)() for name in ROWS_AS_CLASSES),
            kit.metrics.TopKCategoricalAccuracy(k=2),
            kit.metrics.Precision(class_id=1, name="precision_1"),
            kit.metrics.Recall(top_k=2, name="recall_2"),
            kit.metrics.AUC(multi_label=True, name="auc_each"),
        ],
    ),
    "labels": (
        "labels",
        "softmax",
        "sparse_categorical_crossentropy",
        lambda kit: [
            "accuracy",
            kit.metrics.SparseCategoricalCrossentropy(),
            kit.metrics.SparseTopKCategoricalAccuracy(k=2),
        ],
    ),
    "bits": ("bits", "sigmoid", "bce", lambda kit: [getattr(kit.metrics, name)() for name in ROWS_AS_BITS]),
    "bit": (
        "bit",
        "sigmoid",
        "bce",
        lambda kit: [
            "acc",
            kit.metrics.AUC(curve="PR", name="area"),
            kit.metrics.SensitivityAtSpecificity(0.5, name="sensitivity"),
            kit.metrics.SpecificityAtSensitivity(0.5, name="specificity"),
            kit.metrics.PrecisionAtRecall(0.5, name="precision"),
            kit.metrics.RecallAtPrecision(0.5, name="recall"),
            kit.metrics.FBetaScore("micro", 2.0, 0.5),
        ],
    ),
    "names": ("numbers", "linear", "mse", lambda kit: ["mse", "mae", "RootMeanSquaredError", kit.losses.huber]),
    "own": ("numbers", "linear", "mse", lambda kit: [_worst(kit), _share(kit)()]),
}


def _worst(kit: Any) -> Any:
    def worst(y_true: Any, y_pred: Any) -> Any:
        return kit.ops.max(kit.ops.abs(y_true - y_pred), axis=-1)

    return worst


def _share(kit: Any) -> Any:
    class Share(kit.metrics.Metric):  # type: ignore[name-defined]
        """The share of the predictions that are positive: the mean of the batches' ones."""

        def __init__(self) -> None:
            super().__init__(name="share")
            self.total = self.add_weight(name="total", initializer="zeros")
            self.batches = self.add_weight(name="batches", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            positive = kit.ops.cast(y_pred > 0, "float32")
            self.total.assign_add(kit.ops.mean(positive))
            self.batches.assign_add(1.0)

        def result(self) -> Any:
            return self.total / self.batches

    return Share


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("case", CASES)
def test_metrics(case: str, weighted: bool) -> None:
    targets, last, loss, metrics = CASES[case]
    y = TARGETS[targets]

    def build(kit: Any) -> Any:
        units = 3 if targets == "labels" else y.shape[1]
        model = kit.Sequential(
            [kit.Input((COLUMNS,)), kit.layers.Dense(4, activation="tanh"), kit.layers.Dense(units, activation=last)]
        )
        asked = {"weighted_metrics" if weighted else "metrics": metrics(kit)}
        model.compile(kit.optimizers.SGD(0.1), loss, **asked)
        return model

    same_training(build, y=y, validation_split=0.2, **({"sample_weight": WEIGHTS} if weighted else {}))
