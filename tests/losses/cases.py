"""Every loss with arguments, targets and predictions that fit it."""

from typing import Any

import numpy as np

RNG = np.random.default_rng(3)
ROWS, COLUMNS = 11, 5
NUMBERS = RNG.standard_normal((ROWS, COLUMNS))
LOGITS = 2 * RNG.standard_normal((ROWS, COLUMNS))
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
BITS = RNG.integers(0, 2, (ROWS, COLUMNS)).astype(float)
LABELS = RNG.integers(0, COLUMNS, ROWS)
ONE_HOT = np.eye(COLUMNS)[LABELS]
SHARES = RNG.random((ROWS, COLUMNS))  # sums other than 1
WEIGHTS = RNG.random(ROWS)

# Class, arguments, targets, predictions.
CASES: list[tuple[str, dict[str, Any], Any, Any]] = [
    ("MeanSquaredError", {}, NUMBERS, LOGITS),
    ("MeanAbsoluteError", {}, NUMBERS, LOGITS),
    ("MeanAbsolutePercentageError", {}, NUMBERS, LOGITS),
    ("MeanSquaredLogarithmicError", {}, NUMBERS, LOGITS),
    ("Huber", {}, NUMBERS, LOGITS),
    ("Huber", {"delta": 0.3}, NUMBERS, LOGITS),
    ("LogCosh", {}, NUMBERS, 3 * LOGITS),
    ("CosineSimilarity", {}, NUMBERS, LOGITS),
    ("CosineSimilarity", {"axis": 1}, NUMBERS, LOGITS),
    ("Poisson", {}, SHARES, PROBABILITIES),
    ("KLDivergence", {}, SHARES, PROBABILITIES),
    ("Hinge", {}, BITS, LOGITS),
    ("Hinge", {}, 2 * BITS - 1, LOGITS),
    ("SquaredHinge", {}, BITS, LOGITS),
    ("CategoricalHinge", {}, ONE_HOT, PROBABILITIES),
    ("BinaryCrossentropy", {}, BITS, PROBABILITIES),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, BITS, PROBABILITIES),
    ("BinaryCrossentropy", {"from_logits": True, "axis": 1}, BITS, LOGITS),
    ("CategoricalCrossentropy", {}, SHARES, PROBABILITIES),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, ONE_HOT, 3 * PROBABILITIES),
    ("CategoricalCrossentropy", {"from_logits": True}, SHARES, LOGITS),
    ("SparseCategoricalCrossentropy", {}, LABELS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS[:, None], LOGITS),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, LABELS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"ignore_class": -1}, np.where(LABELS == 2, -1, LABELS), PROBABILITIES),
    ("BinaryFocalCrossentropy", {}, BITS, PROBABILITIES),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.4, "gamma": 1.5}, BITS, PROBABILITIES),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, BITS, LOGITS),
    ("CategoricalFocalCrossentropy", {}, ONE_HOT, PROBABILITIES),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4, 0.5], "from_logits": True}, ONE_HOT, LOGITS),
    ("CategoricalFocalCrossentropy", {"gamma": 1.0, "label_smoothing": 0.1}, ONE_HOT, PROBABILITIES),
    ("CategoricalGeneralizedCrossEntropy", {}, LABELS, PROBABILITIES),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.2}, LABELS, PROBABILITIES),
    ("Dice", {}, BITS, PROBABILITIES),
    ("Dice", {"axis": 1}, BITS, PROBABILITIES),
    ("Tversky", {"alpha": 0.3, "beta": 0.9}, BITS, PROBABILITIES),
    ("Tversky", {"axis": -1}, BITS, PROBABILITIES),
]
IDS = [f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})" for name, settings, *_ in CASES]
