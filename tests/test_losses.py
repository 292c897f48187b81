import numpy as np
import pytest

import reference
from fastmlp import losses

RNG = np.random.default_rng(0)
ROWS, COLS = 7, 5
LOGITS = RNG.standard_normal((ROWS, COLS)) * 3
PROBABILITIES = reference.softmax_forward(LOGITS)
LABELS = RNG.integers(0, COLS, ROWS)
ONE_HOT = np.eye(COLS)[LABELS]
NUMBERS = RNG.standard_normal((ROWS, COLS))
BITS = RNG.integers(0, 2, (ROWS, COLS))

CASES = [
    (losses.MeanSquaredError(), "mse", NUMBERS, LOGITS),
    (losses.MeanAbsoluteError(), "mae", NUMBERS, LOGITS),
    (losses.Huber(), "huber", NUMBERS, LOGITS),
    (losses.Huber(delta=0.3), "huber", NUMBERS, LOGITS),
    (losses.BinaryCrossentropy(), "binary_crossentropy", BITS, PROBABILITIES),
    (losses.BinaryCrossentropy(label_smoothing=0.2), "binary_crossentropy", BITS, PROBABILITIES),
    (losses.BinaryCrossentropy(from_logits=True), "binary_crossentropy_logits", BITS, LOGITS),
    (losses.CategoricalCrossentropy(), "categorical_crossentropy", ONE_HOT, PROBABILITIES),
    (losses.CategoricalCrossentropy(label_smoothing=0.1), "categorical_crossentropy", ONE_HOT, PROBABILITIES),
    (losses.CategoricalCrossentropy(from_logits=True), "categorical_crossentropy_logits", ONE_HOT, LOGITS),
    (losses.SparseCategoricalCrossentropy(), "sparse_categorical_crossentropy", LABELS, PROBABILITIES),
    (losses.SparseCategoricalCrossentropy(True), "sparse_categorical_crossentropy_logits", LABELS, LOGITS),
]
IDS = [f"{loss.kind}{loss.scalars}" for loss, *_ in CASES]


@pytest.mark.parametrize(("loss", "kind", "y_true", "y_pred"), CASES, ids=IDS)
def test_losses_of_rows_against_their_twin(loss, kind, y_true, y_pred) -> None:
    t = np.asarray(y_true, np.float64).reshape(ROWS, -1)
    expected = reference.loss(y_pred, t, kind, loss.scalars)[0]
    np.testing.assert_allclose(loss.rows(y_true, y_pred), expected, rtol=1e-10)
    weights = RNG.random(ROWS)
    assert loss(y_true, y_pred) == pytest.approx(expected.mean(), rel=1e-10)
    assert loss(y_true, y_pred, sample_weight=weights) == pytest.approx((expected * weights).mean(), rel=1e-10)


@pytest.mark.parametrize(("loss", "kind", "y_true", "y_pred"), CASES, ids=IDS)
def test_a_config_makes_an_equal_loss(loss, kind, y_true, y_pred) -> None:
    twin = losses.deserialize(losses.serialize(loss))
    assert type(twin) is type(loss)
    assert (twin.kind, twin.scalars, twin.name) == (loss.kind, loss.scalars, loss.name)


@pytest.mark.parametrize(
    ("names", "cls"),
    [
        ("mse MSE mean_squared_error MeanSquaredError", losses.MeanSquaredError),
        ("mae MAE mean_absolute_error MeanAbsoluteError", losses.MeanAbsoluteError),
        ("huber huber_loss Huber", losses.Huber),
        ("bce BCE binary_crossentropy BinaryCrossentropy", losses.BinaryCrossentropy),
        ("categorical_crossentropy CategoricalCrossentropy", losses.CategoricalCrossentropy),
        ("sparse_categorical_crossentropy SparseCategoricalCrossentropy", losses.SparseCategoricalCrossentropy),
    ],
)
def test_names(names: str, cls: type[losses.Loss]) -> None:
    assert {type(losses.get(name)) for name in names.split()} == {cls}
    assert type(losses.get(cls)) is cls
    instance = cls()
    assert losses.get(instance) is instance


@pytest.mark.parametrize(
    ("function", "loss", "arguments"),
    [
        (losses.mean_squared_error, losses.MeanSquaredError(), (NUMBERS, LOGITS)),
        (losses.mean_absolute_error, losses.MeanAbsoluteError(), (NUMBERS, LOGITS)),
        (losses.huber, losses.Huber(), (NUMBERS, LOGITS)),
        (losses.binary_crossentropy, losses.BinaryCrossentropy(), (BITS, PROBABILITIES)),
        (losses.categorical_crossentropy, losses.CategoricalCrossentropy(), (ONE_HOT, PROBABILITIES)),
        (losses.sparse_categorical_crossentropy, losses.SparseCategoricalCrossentropy(), (LABELS, PROBABILITIES)),
    ],
)
def test_functions(function, loss, arguments) -> None:
    assert type(losses.get(function)) is type(loss)
    np.testing.assert_array_equal(function(*arguments), loss.rows(*arguments))


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_losses_of_large_logits_are_finite(size: float) -> None:
    assert losses.BinaryCrossentropy(from_logits=True)([[0.0]], [[size]]) == pytest.approx(max(size, 0))
    sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
    assert sparse([0], [[size, 0.0]]) == pytest.approx(max(-size, 0))


def test_rows_of_higher_rank() -> None:
    y = RNG.standard_normal((2, 3, 4))
    assert losses.mean_squared_error(y, y + 1).shape == (2, 3)


@pytest.mark.parametrize("identifier", ["mes", "", 3, None, len, losses.Loss])
def test_unknown_losses_are_answered_with_the_known(identifier: object) -> None:
    with pytest.raises(ValueError, match=r"loss") as error:
        losses.get(identifier)
    if isinstance(identifier, str):
        assert "sparse_categorical_crossentropy" in str(error.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: losses.Huber(delta=0), "`delta` must be a positive number. Received: delta=0"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=2), "`label_smoothing` must be between 0 and 1"),
        (lambda: losses.mean_squared_error([1.0], []), "`y_pred` must be an array of at least one row"),
        (lambda: losses.mean_squared_error([1.0], [[1.0, 2.0]]), "`y_true` must have shape"),
        (lambda: losses.sparse_categorical_crossentropy([2], [[0.5, 0.5]]), "class indices from 0 to 1. Received: 2"),
        (lambda: losses.binary_crossentropy([[5.0]], [[0.5]]), "must be between 0 and 1. Received: 5.0"),
        (lambda: losses.MeanSquaredError()([1.0], [1.0], sample_weight=[1, 2]), "`sample_weight` must have shape"),
    ],
)
def test_what_cannot_be(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
