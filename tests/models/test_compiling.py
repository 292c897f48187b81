import numpy as np
import pytest

from fastmlp import Model, Sequential
from fastmlp.layers import ActivityRegularization, Dense, Dropout, Input

RNG = np.random.default_rng(3)
X, WEIGHTS = RNG.normal(size=(8, 3)), RNG.uniform(1, 2, size=8)
TARGETS = {"a": RNG.normal(size=(8, 2)), "b": RNG.integers(3, size=(8, 1))}


def model(*, activity: bool) -> Model:
    x = Input((3,), dtype="float64")
    hidden = Dense(4, activation="tanh", kernel_regularizer="l2", dtype="float64")(x)
    if activity:
        hidden = ActivityRegularization(l2=0.1, dtype="float64")(hidden)
    outputs = [Dense(2, name="a", dtype="float64")(hidden), Dense(3, "softmax", name="b", dtype="float64")(hidden)]
    made = Model(x, outputs)
    made.compile("sgd", ["mse", "sparse_categorical_crossentropy"], loss_weights=[0.5, 2])
    return made


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("activity", [False, True])
def test_the_loss_of_predictions_is_that_of_the_batch(activity: bool, weights: np.ndarray | None) -> None:
    tried = model(activity=activity)
    predictions = tried.predict(X)
    loss = tried.compute_loss(X, TARGETS, predictions, weights)
    assert loss == pytest.approx(tried.test_on_batch(X, TARGETS, weights, return_dict=True)["loss"], rel=1e-9)
    assert loss != pytest.approx(tried.compute_loss(X, TARGETS, [predictions[0] + 1, predictions[1]], weights))


def test_inputs_are_needed_only_for_what_layers_add() -> None:
    plain, adding = model(activity=False), model(activity=True)
    predictions = plain.predict(X)
    assert plain.compute_loss(y=TARGETS, y_pred=predictions) == plain.compute_loss(X, TARGETS, predictions)
    with pytest.raises(TypeError, match="stands for a computation and has no value"):
        adding.compute_loss(y=TARGETS, y_pred=predictions)


def test_layers_do_as_in_training_on_demand() -> None:
    x = Input((3,), dtype="float64")
    adding = Model(x, ActivityRegularization(l2=1.0, dtype="float64")(Dropout(0.999, dtype="float64")(x)))
    adding.compile("sgd", "mse")
    plain = float(np.square(X).sum() / len(X))
    assert adding.compute_loss(X, X, X, training=False) == pytest.approx(plain)
    assert adding.compute_loss(X, X, X) != pytest.approx(plain)


def test_predictions_must_fit() -> None:
    with pytest.raises(ValueError, match=r"`y_pred` must have shape \(samples, 3\) for the output 'b'.*\(8, 2\)"):
        model(activity=False).compute_loss(X, TARGETS, [TARGETS["a"], TARGETS["a"]])


def test_a_loss_of_a_subclass_would_not_be_called() -> None:
    class Own(Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True) -> float:
            return 0.0

    x = Input((3,))
    with pytest.raises(NotImplementedError, match="Own with compute_loss, which would never be called"):
        Own(x, Dense(1)(x)).compile("sgd", "mse")


def test_whether_a_model_is_compiled() -> None:
    assert model(activity=False).compiled
    x = Input((3,))
    assert not Model(x, Dense(1)(x)).compiled


def test_a_model_that_is_not_built_has_no_losses_yet() -> None:
    assert Sequential([Dense(1, kernel_regularizer="l2")]).losses == []
