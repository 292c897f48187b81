from typing import Any

import numpy as np
import pytest
from losses.cases import BITS, CASES, COLUMNS, IDS, LABELS, LOGITS, NUMBERS, ONE_HOT, PROBABILITIES, ROWS, WEIGHTS

import reference
from fastmlp import losses, ops

FUSED = [case for case in CASES if getattr(losses, case[0])(**case[1]).engine_kind]


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), FUSED)
def test_formulas_against_the_twin_of_the_engine(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    loss = getattr(losses, name)(**settings)
    expected = reference.loss(
        y_pred, np.asarray(y_true, float).reshape(ROWS, -1), loss.engine_kind, loss.engine_scalars
    )[0]
    np.testing.assert_allclose(loss.rows(y_true, y_pred), expected, rtol=1e-10, atol=1e-12)
    assert loss(y_true, y_pred) == pytest.approx(expected.mean(), rel=1e-10)
    assert loss(y_true, y_pred, sample_weight=WEIGHTS) == pytest.approx((expected * WEIGHTS).mean(), rel=1e-10)


@pytest.mark.parametrize(("name", "settings", "y_true", "y_pred"), CASES, ids=IDS)
def test_a_config_makes_an_equal_loss(name: str, settings: dict[str, Any], y_true: Any, y_pred: Any) -> None:
    loss = getattr(losses, name)(**settings, reduction="sum", name="mine")
    twin = losses.deserialize(losses.serialize(loss))
    assert (type(twin), twin.get_config()) == (type(loss), loss.get_config())
    assert (twin.engine_kind, twin.engine_scalars, twin.name, twin.reduction) == (
        loss.engine_kind,
        loss.engine_scalars,
        "mine",
        "sum",
    )


@pytest.mark.parametrize(
    ("names", "cls"),
    [
        ("mse MSE mean_squared_error MeanSquaredError", losses.MeanSquaredError),
        ("mae MAE mean_absolute_error MeanAbsoluteError", losses.MeanAbsoluteError),
        ("mape MAPE mean_absolute_percentage_error", losses.MeanAbsolutePercentageError),
        ("msle MSLE mean_squared_logarithmic_error", losses.MeanSquaredLogarithmicError),
        ("huber huber_loss Huber", losses.Huber),
        ("log_cosh logcosh LogCosh", losses.LogCosh),
        ("kld KLD kl_divergence kullback_leibler_divergence KLDivergence", losses.KLDivergence),
        ("poisson Poisson", losses.Poisson),
        ("cosine_similarity CosineSimilarity", losses.CosineSimilarity),
        ("hinge Hinge", losses.Hinge),
        ("squared_hinge SquaredHinge", losses.SquaredHinge),
        ("categorical_hinge CategoricalHinge", losses.CategoricalHinge),
        ("bce BCE binary_crossentropy BinaryCrossentropy", losses.BinaryCrossentropy),
        ("binary_focal_crossentropy BinaryFocalCrossentropy", losses.BinaryFocalCrossentropy),
        ("categorical_crossentropy CategoricalCrossentropy", losses.CategoricalCrossentropy),
        ("categorical_focal_crossentropy CategoricalFocalCrossentropy", losses.CategoricalFocalCrossentropy),
        ("categorical_generalized_cross_entropy", losses.CategoricalGeneralizedCrossEntropy),
        ("sparse_categorical_crossentropy SparseCategoricalCrossentropy", losses.SparseCategoricalCrossentropy),
        ("dice Dice", losses.Dice),
        ("tversky Tversky", losses.Tversky),
    ],
)
def test_names(names: str, cls: type[losses.Loss]) -> None:
    assert {type(losses.get(name)) for name in names.split()} == {cls}
    assert type(losses.get(cls)) is cls
    instance = cls()
    assert losses.get(instance) is instance
    functions = {name for name in names.split() if hasattr(losses, name)} - {cls.__name__}
    assert {type(losses.get(getattr(losses, name))) for name in functions} <= {cls}


@pytest.mark.parametrize(
    ("columns", "labels", "cls"),
    [
        (1, False, losses.BinaryCrossentropy),
        (4, False, losses.CategoricalCrossentropy),
        (4, True, losses.SparseCategoricalCrossentropy),
    ],
)
def test_crossentropy_fits_the_output(columns: int, labels: bool, cls: type[losses.Loss]) -> None:
    assert {type(losses.get_for(name, columns, labels)) for name in ("crossentropy", "ce", "CE")} == {cls}
    assert type(losses.get_for("mse", columns, labels)) is losses.MeanSquaredError


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_losses_of_large_numbers_are_finite(size: float) -> None:
    assert losses.BinaryCrossentropy(from_logits=True)([[0.0]], [[size]]) == pytest.approx(max(size, 0))
    sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
    assert sparse([0], [[size, 0.0]]) == pytest.approx(max(-size, 0))
    assert losses.LogCosh()([[0.0]], [[size]]) == pytest.approx(abs(size) - np.log(2))


def test_rows_of_higher_rank() -> None:
    y = NUMBERS[:8].reshape(2, 4, COLUMNS)
    np.testing.assert_allclose(losses.mean_squared_error(y, y + 1), np.ones((2, 4)))
    assert losses.MeanSquaredError()(y, y + 1, sample_weight=[[1, 1, 1, 1], [3, 3, 3, 3]]) == pytest.approx(2)
    assert losses.MeanSquaredError()(y, y + 1, sample_weight=[1, 3]) == pytest.approx(2)


def test_targets_and_weights_may_lack_or_have_a_last_axis_of_one() -> None:
    y_true, y_pred = NUMBERS[:, 0], LOGITS[:, 0]
    expected = ((y_true - y_pred) ** 2 * WEIGHTS).mean()
    for target in (y_true, y_true[:, None]):
        for weights in (WEIGHTS, WEIGHTS[:, None]):
            assert losses.MeanSquaredError()(target, y_pred[:, None], weights) == pytest.approx(expected)


def test_a_single_row_may_lack_its_axis() -> None:
    assert losses.mean_squared_error([0.0, 0.0], [1.0, 2.0]) == pytest.approx(2.5)
    assert losses.sparse_categorical_crossentropy(1, [0.5, 0.5]) == pytest.approx(np.log(2))


def test_the_dtype_is_that_of_the_predictions_or_the_loss() -> None:
    assert losses.mean_squared_error(NUMBERS, LOGITS.astype(np.float32)).dtype == np.float32
    assert losses.mean_squared_error(NUMBERS, LOGITS).dtype == np.float64
    assert losses.MeanSquaredError(dtype="float32").rows(NUMBERS, LOGITS).dtype == np.float32


def test_ignored_rows_do_not_count() -> None:
    kept = LABELS != 1
    full = losses.SparseCategoricalCrossentropy()(LABELS[kept], PROBABILITIES[kept])
    loss = losses.SparseCategoricalCrossentropy(ignore_class=1)
    assert loss(LABELS, PROBABILITIES) == pytest.approx(full)
    assert loss(np.ones(ROWS), PROBABILITIES) == 0
    far = np.where(LABELS == 1, 255, LABELS)
    assert losses.SparseCategoricalCrossentropy(ignore_class=255)(far, PROBABILITIES) == pytest.approx(full)


def test_ones_own_losses() -> None:
    def asymmetric(y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.square(ops.maximum(y_true - y_pred, 0)), axis=-1) + losses.mae(y_true, y_pred)

    class Asymmetric(losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return asymmetric(y_true, y_pred)

    class Named(Asymmetric):
        def __init__(self) -> None:
            super().__init__()
            self.kind, self.scalars = "mse", [1.0]  # names that are the user's

    class Doubled(losses.MeanSquaredError):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return 2 * super().call(y_true, y_pred)

    expected = (np.maximum(NUMBERS - LOGITS, 0) ** 2).mean(axis=1) + np.abs(NUMBERS - LOGITS).mean(axis=1)
    for loss in (losses.get(asymmetric), Asymmetric(), losses.get(Asymmetric), Named()):
        assert loss.engine_kind is None
        np.testing.assert_allclose(loss.rows(NUMBERS, LOGITS), expected)
        assert loss(NUMBERS, LOGITS) == pytest.approx(expected.mean())
    assert losses.get(asymmetric).name == "asymmetric"
    assert Doubled().engine_kind is None
    assert Doubled()(NUMBERS, LOGITS) == pytest.approx(2 * losses.MeanSquaredError()(NUMBERS, LOGITS))


def test_ones_own_loss_may_know_missing_targets() -> None:
    def of_known(y_true: Any, y_pred: Any) -> Any:
        known = ops.equal(y_true, y_true)
        return ops.sum(ops.where(known, ops.abs(y_true - y_pred), 0), axis=-1)

    assert losses.get(of_known)([[1.0, np.nan]], [[3.0, 5.0]]) == pytest.approx(2)


def test_a_reduced_loss_within_another() -> None:
    huber = losses.Huber(reduction="sum")
    loss = losses.get(lambda y_true, y_pred: 3 * huber(y_true, y_pred))
    assert loss(NUMBERS, LOGITS) == pytest.approx(3 * huber(NUMBERS, LOGITS))


@pytest.mark.parametrize("identifier", ["mes", "", 3, None, losses.Loss])
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
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1), "`q` must be between 0 and 1, both excluded"),
        (lambda: losses.MeanSquaredError(reduction="avg"), "Unknown reduction: 'avg'. Known are: None, mean"),
        (lambda: losses.mean_squared_error([1.0], []), "`y_pred` must be an array of at least one row"),
        (lambda: losses.mean_squared_error([[1.0]], [[1.0], [2.0]]), "must have as many rows as `y_pred`, 2"),
        (lambda: losses.CategoricalCrossentropy()(LABELS, PROBABILITIES), "class indices are for sparse_categorical"),
        (lambda: losses.SparseCategoricalCrossentropy()(ONE_HOT, PROBABILITIES), "for each class are for categorical_"),
        (lambda: losses.SparseCategoricalCrossentropy()([2], [[0.5, 0.5]]), "indices from 0 to 1. Received: 2"),
        (lambda: losses.BinaryCrossentropy()([[5.0]], [[0.5]]), "must be between 0 and 1. Received: 5.0"),
        (lambda: losses.CategoricalCrossentropy()(-BITS, PROBABILITIES), "must not be negative. Received: -1.0"),
        (lambda: losses.MeanSquaredError()([[np.nan]], [[0.5]]), "must be finite numbers. Received: nan"),
        (lambda: losses.MeanSquaredError()([[1.0]], [[1.0]], [1, 2]), r"`sample_weight` must have shape \(1,\)"),
    ],
)
def test_what_cannot_be(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_loss_without_a_formula() -> None:
    with pytest.raises(NotImplementedError, match="Loss must implement `call`"):
        losses.Loss()(NUMBERS, LOGITS)
