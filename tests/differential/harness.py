"""The same training twice: by fastmlp and by Keras itself, from one function that builds the model."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from real_keras import keras

import fastmlp

Build = Callable[[Any], Any]

TOLERANCE = 2e-4  # relative, float32
ROWS, COLUMNS, CLASSES, BATCH, EPOCHS = 40, 5, 3, 16, 3  # the last batch of an epoch is a smaller one

_rng = np.random.default_rng(7)
X = _rng.standard_normal((ROWS, COLUMNS)).astype(np.float32)
LABELS = _rng.integers(0, CLASSES, ROWS)
WEIGHTS = _rng.uniform(0.2, 2.0, ROWS).astype(np.float32)
# Targets by what they are.
TARGETS: dict[str, NDArray[Any]] = {
    "number": _rng.standard_normal((ROWS, 1)).astype(np.float32),
    "numbers": _rng.standard_normal((ROWS, CLASSES)).astype(np.float32),
    "positive": _rng.uniform(0.1, 2.0, (ROWS, CLASSES)).astype(np.float32),
    "bit": _rng.integers(0, 2, (ROWS, 1)).astype(np.float32),
    "bits": _rng.integers(0, 2, (ROWS, CLASSES)).astype(np.float32),
    "signs": (2 * _rng.integers(0, 2, (ROWS, CLASSES)) - 1).astype(np.float32),
    "labels": LABELS,
    "one_hot": np.eye(CLASSES, dtype=np.float32)[LABELS],
}


def same_training(
    build: Build,
    x: Any = X,
    y: Any = TARGETS["numbers"],
    *,
    tolerance: float = TOLERANCE,
    **fit: Any,
) -> None:
    """Train the model that `build` makes and compiles with both, and compare all that comes of it.

    Parameters
    ----------
    build : callable
        Called with fastmlp and with Keras; returns a compiled model. Both start from the same weights.
    x, y
        As for `fit`.
    tolerance : float
        How far numbers may be apart: of an array, as a share of its largest element.
    **fit
        More arguments of `fit`: `sample_weight`, `validation_data`, ...
    """
    for kit in (fastmlp, keras):
        kit.utils.clear_session()  # names count from 0
    ours, theirs = build(fastmlp), build(keras)
    for model in (ours, theirs):
        _built(model, x)
    theirs.set_weights(ours.get_weights())
    arguments = {"batch_size": BATCH, "epochs": EPOCHS, "shuffle": False, "verbose": 0} | fit
    history, expected = (model.fit(x, y, **arguments).history for model in (ours, theirs))
    assert set(history) == set(expected), f"{sorted(history)} instead of {sorted(expected)}"
    for name in expected:
        assert_near(history[name], expected[name], tolerance, name)
    for place, (weight, other) in enumerate(zip(ours.get_weights(), theirs.get_weights(), strict=True)):
        assert_near(weight, other, tolerance, f"weight {place}, {theirs.weights[place].path}")
    same_predictions(ours, theirs, x, tolerance)


def same_predictions(ours: Any, theirs: Any, x: Any, tolerance: float = TOLERANCE) -> None:
    """Compare the predictions of two models. Called, Keras' needs no compilation."""
    expected = theirs(x, training=False)
    assert_all_near(ours.predict(x, verbose=0), expected, tolerance, "predictions")


def assert_near(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    """Assert that two arrays agree, relative to the largest element."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape} instead of {expected.shape}"
    scale = np.abs(expected).max(initial=0)
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * scale, err_msg=what)


def assert_all_near(actual: Any, expected: Any, tolerance: float, what: str) -> None:
    """Assert that arrays, or lists or dicts of them, agree."""
    if isinstance(expected, Mapping):
        assert set(actual) == set(expected), f"{what}: {sorted(actual)} instead of {sorted(expected)}"
        for name in expected:
            assert_all_near(actual[name], expected[name], tolerance, f"{what}: {name}")
    elif isinstance(expected, list | tuple):
        assert len(actual) == len(expected), f"{what}: {len(actual)} instead of {len(expected)}"
        for place, (one, other) in enumerate(zip(actual, expected, strict=True)):
            assert_all_near(one, other, tolerance, f"{what} {place}")
    else:
        assert_near(actual, expected, tolerance, what)


def named(cases: list[Any]) -> list[str]:
    """Return the names of test cases: the class and its arguments, the first two entries."""
    return [f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})" for name, settings, *_ in cases]


def _built(model: Any, x: Any) -> None:
    """Make the weights of a model whose input shape is only known from the data."""
    if not model.built:
        model(x)
