"""KerasRegressor and KerasClassifier by themselves."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from wrappers import builders

import fastmlp as keras
from fastmlp.wrappers.scikit_learn import KerasClassifier, KerasRegressor

QUIET: dict[str, Any] = {"verbose": 0, "random_state": 0}
RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 8))
Y = X[:, 0] - X[:, 1]
LABELS = np.array(["ant", "bee", "cow"])[RNG.integers(3, size=90)]
POINTS = RNG.normal(size=(90, 4)) + 3 * (LABELS[:, None] == np.array(["ant", "bee", "cow", "dog"]))


def regressor(**settings: Any) -> KerasRegressor:
    return KerasRegressor(builders.regressor, **{**QUIET, "epochs": 3, **settings})


def classifier(**settings: Any) -> KerasClassifier:
    return KerasClassifier(builders.softmax_classifier, **{**QUIET, "epochs": 12, **settings})


# Regressors


def test_predictions_and_score_are_the_models() -> None:
    reg = regressor().fit(X, Y)
    np.testing.assert_array_equal(reg.predict(X), reg.model.predict(X)[:, 0])
    error = ((reg.predict(X) - Y) ** 2).mean()
    assert reg.score(X, Y) == pytest.approx(-error, rel=1e-5)
    weight = np.arange(90.0)
    assert reg.score(X, Y, weight) == pytest.approx(-(weight * (reg.predict(X) - Y) ** 2).mean(), rel=1e-5)
    assert len(reg.history_["loss"]) == 3
    assert reg.model is reg.model_


def test_targets_of_several_columns_keep_their_shape() -> None:
    reg = KerasRegressor(builders.fitting_regressor, loss="mse", **QUIET)
    assert reg.fit(X, np.stack([Y, -Y], axis=1)).predict(X).shape == (90, 2)
    assert reg.fit(X, Y[:, None]).predict(X).shape == (90, 1)


def test_the_strongest_of_the_arguments_for_fit() -> None:
    assert len(regressor(epochs=1).fit(X, Y).history_["loss"]) == 1
    assert len(regressor(epochs=1, fit__epochs=2).fit(X, Y).history_["loss"]) == 2
    assert len(regressor(epochs=1, fit__epochs=2).fit(X, Y, epochs=4).history_["loss"]) == 4


def test_a_split_for_validation() -> None:
    reg = regressor(validation_split=0.2).fit(X, Y)
    assert len(reg.history_["val_loss"]) == 3


def test_sample_weights_reach_the_model() -> None:
    weighted = regressor().fit(X, Y, sample_weight=np.full(90, 2.0))
    assert weighted.history_["loss"][0] > 1.5 * regressor().fit(X, Y).history_["loss"][0]


def test_partial_fit_goes_on() -> None:
    reg = regressor(epochs=7)
    first = reg.partial_fit(X, Y)
    model, losses = first.model, list(first.history_["loss"])
    assert len(losses) == 1
    for _ in range(3):
        losses += reg.partial_fit(X, Y).history_["loss"]
    assert reg.model is model
    assert losses == sorted(losses, reverse=True)


def test_warm_start_goes_on_and_fit_starts_anew() -> None:
    warm, cold = regressor(warm_start=True).fit(X, Y), regressor().fit(X, Y)
    models, loss = (warm.model, cold.model), cold.history_["loss"]
    warm.fit(X, Y)
    cold.fit(X, Y)
    assert warm.model is models[0]
    assert warm.history_["loss"][0] < loss[0]
    assert cold.model is not models[1]
    assert cold.history_["loss"] == loss


def test_random_state_says_all() -> None:
    one, two, other = (regressor(random_state=state).fit(X, Y).predict(X) for state in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_sparse_inputs() -> None:
    x = sparse.random_array((60, 8), density=0.3, rng=np.random.default_rng(0), format="csr")
    reg = regressor().fit(x, Y[:60])
    np.testing.assert_allclose(reg.predict(x), reg.predict(x.toarray()), rtol=1e-5, atol=1e-6)


def test_images() -> None:
    reg = KerasRegressor(
        model=keras.Sequential([keras.layers.Flatten(input_shape=(2, 4)), keras.layers.Dense(1)]), loss="mse", **QUIET
    )
    assert reg.fit(X.reshape(90, 2, 4), Y).predict(X.reshape(90, 2, 4)).shape == (90,)


def test_a_model_is_copied_with_its_weights() -> None:
    model = builders.regressor()
    before = model.get_weights()
    reg = KerasRegressor(model=model, **QUIET)
    assert reg.fit(X, Y, epochs=1).model is not model
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    frozen = KerasRegressor(model, **QUIET).fit(X, Y, epochs=0)
    np.testing.assert_array_equal(frozen.predict(X), model.predict(X)[:, 0])


def test_a_class_may_be_its_own_build_function() -> None:
    class Own(KerasRegressor):
        def __call__(self, n_neurons: int = 4) -> Any:
            return builders.regressor(n_neurons=n_neurons)

    own = Own(n_neurons=6, **QUIET).fit(X, Y)
    assert own.model.layers[0].units == 6
    assert clone(own).get_params()["n_neurons"] == 6


# Classifiers


@pytest.mark.parametrize(
    "loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "crossentropy", "mse", keras.losses.KLD]
)
def test_labels_become_what_the_loss_wants(loss: Any) -> None:
    clf = classifier(model__loss=loss).fit(POINTS, LABELS, validation_data=(POINTS, LABELS))
    assert clf.classes_.tolist() == ["ant", "bee", "cow"]
    assert set(clf.predict(POINTS)) <= {"ant", "bee", "cow"}
    assert clf.score(POINTS, LABELS) == np.mean(clf.predict(POINTS) == LABELS) > 0.9
    assert clf.history_["val_accuracy"][-1] == pytest.approx(clf.score(POINTS, LABELS))
    np.testing.assert_allclose(clf.predict_proba(POINTS).sum(axis=1), 1, rtol=1e-5)


def test_one_sigmoid_unit_gives_two_columns() -> None:
    clf = classifier(loss="binary_crossentropy", last="sigmoid", units=1).fit(POINTS, LABELS == "ant")
    probabilities = clf.predict_proba(POINTS)
    np.testing.assert_array_equal(probabilities[:, 1:], clf.model.predict(POINTS))
    np.testing.assert_allclose(probabilities[:, 0], 1 - probabilities[:, 1])
    assert clf.predict(POINTS).dtype == bool
    assert clf.score(POINTS, LABELS == "ant") > 0.9


def test_logits_become_probabilities() -> None:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    clf = classifier(loss=loss, last="linear").fit(POINTS, LABELS)
    expected = softmax(clf.model.predict(POINTS), axis=1)
    np.testing.assert_allclose(clf.predict_proba(POINTS), expected, rtol=1e-5)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    clf = classifier(loss=loss, last="linear", units=1).fit(POINTS, LABELS == "ant")
    np.testing.assert_allclose(clf.predict_proba(POINTS)[:, 1:], expit(clf.model.predict(POINTS)), rtol=1e-5)


def test_one_hot_rows_and_several_labels() -> None:
    rows = keras.utils.to_categorical(np.unique(LABELS, return_inverse=True)[1])
    clf = classifier(loss="categorical_crossentropy").fit(POINTS, rows)
    assert clf.classes_.tolist() == [0, 1, 2]
    assert clf.score(POINTS, rows) == np.mean(clf.predict(POINTS) == rows.argmax(axis=1)) > 0.9
    several = (POINTS[:, :3] > 1).astype(int)
    several[0] = 1
    clf = classifier(loss="binary_crossentropy", last="sigmoid").fit(POINTS, several)
    assert clf.predict(POINTS).shape == several.shape
    assert clf.score(POINTS, several) == np.mean((clf.predict(POINTS) == several).all(axis=1)) > 0.6


def test_class_weights_by_label_by_index_and_balanced() -> None:
    weights = classifier(class_weight={"ant": 5.0, "cow": 2.0}).fit(POINTS, LABELS).model.get_weights()
    by_index = classifier(class_weight={0: 5.0, 2: 2.0}).fit(POINTS, LABELS).model.get_weights()
    by_row = classifier().fit(POINTS, LABELS, np.choose(np.unique(LABELS, return_inverse=True)[1], [5.0, 1.0, 2.0]))
    for one, two, three in zip(weights, by_index, by_row.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_allclose(one, three, rtol=1e-4, atol=1e-5)
    classes, counts = np.unique(LABELS, return_counts=True)
    balanced = classifier(class_weight="balanced").fit(POINTS, LABELS).predict_proba(POINTS)
    by_hand = dict(zip(classes, 90 / (3 * counts), strict=True))
    np.testing.assert_array_equal(balanced, classifier(class_weight=by_hand).fit(POINTS, LABELS).predict_proba(POINTS))


def test_partial_fit_of_a_classifier_knows_classes_that_are_yet_to_come() -> None:
    clf, ants = classifier(), LABELS != "cow"
    clf.partial_fit(POINTS[ants], LABELS[ants], classes=["ant", "bee", "cow"])
    for _ in range(30):
        clf.partial_fit(POINTS, LABELS)
    assert clf.score(POINTS, LABELS) > 0.9
    with pytest.raises(ValueError, match="Received also: dog"):
        clf.partial_fit(POINTS[:2], np.array(["ant", "dog"]))


# Both


def test_pickles_and_clones() -> None:
    clf = pickle.loads(pickle.dumps(classifier(callbacks=[builders.Remembering()]).fit(POINTS, LABELS)))
    original = classifier().fit(POINTS, LABELS)
    np.testing.assert_array_equal(clf.predict_proba(POINTS), original.predict_proba(POINTS))
    assert clf.callbacks_[0].epochs == list(range(12))
    np.testing.assert_array_equal(copy.deepcopy(original).predict(POINTS), original.predict(POINTS))
    fresh = clone(original)
    assert not hasattr(fresh, "model_")
    assert fresh.get_params() == original.get_params()
    assert pickle.loads(pickle.dumps(fresh)).fit(POINTS, LABELS).score(POINTS, LABELS) > 0.9


def test_callbacks_belong_to_one_training() -> None:
    given = builders.Remembering()
    reg = regressor(callbacks=[given])
    for _ in range(2):
        assert reg.fit(X, Y).callbacks_[0].epochs == [0, 1, 2]
    assert reg.fit(X, Y, callbacks=given).callbacks_[0].epochs == [0, 1, 2]
    assert given.epochs == []
    by_name = regressor(callbacks={"mine": builders.Remembering}, callbacks__mine__every=4).fit(X, Y)
    assert by_name.callbacks_[0].every == 4
    several = regressor(callbacks=[builders.Remembering] * 2, callbacks__every=2, callbacks__1__every=3).fit(X, Y)
    assert [each.every for each in several.callbacks_] == [2, 3]


def test_hyperparameters() -> None:
    reg = KerasRegressor(builders.regressor, n_hidden=2)
    assert reg.get_params() == {
        "build_fn": builders.regressor, "model": None, "warm_start": False, "random_state": None,
        "n_hidden": 2, "n_neurons": 30, "learning_rate": 3e-3, "input_shape": (8,),
    }  # fmt: skip
    assert "n_neurons" not in reg.get_params(deep=False)
    assert "n_hidden=2" in repr(reg)
    assert "KerasRegressor" in reg._repr_html_()
    assert "meta" not in KerasRegressor(builders.fitting_regressor).get_params()
    reg.set_params(n_neurons=5, epochs=2, fit__verbose=0, warm_start=True)
    assert reg.get_params()["n_neurons"] == 5
    assert reg.fit(X, Y).model.layers[0].units == 5
    assert reg.warm_start


def test_defaults_of_the_build_function_stay_there() -> None:
    def build(verbose: int = 2, epochs: int = 9) -> Any:
        return builders.regressor()

    copied = clone(KerasRegressor(build)).fit(X, Y)
    assert len(copied.history_["loss"]) == 1


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"learning_rate, .*Received: n_layers$"):
        KerasRegressor(builders.regressor, n_layers=2)
    reg = regressor()
    before = reg.get_params()
    for name in ("n_layers", "fit__epoch", "model__verbose", "elsewhere__epochs"):
        with pytest.raises(ValueError, match=f"Received: {name}$"):
            reg.set_params(n_hidden=3, **{name: 2})
    assert reg.get_params() == before
    for wrong in (None, 3):
        with pytest.raises(ValueError, match="`build_fn` must be a function that returns a model"):
            KerasRegressor(wrong).fit(X, Y)
    with pytest.raises(ValueError, match="either `build_fn` or `model`"):
        KerasRegressor(builders.regressor, model=builders.regressor).fit(X, Y)
    with pytest.raises(ValueError, match="two classes or more"):
        classifier().fit(POINTS, ["ant"] * 90)
    with pytest.raises(ValueError, match="one array of inputs and one of targets"):
        KerasRegressor(model=two_outputs(), **QUIET).fit(X, Y)


def two_outputs() -> Any:
    inputs = keras.Input((8,))
    model = keras.Model(inputs, [keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)])
    model.compile(loss="mse")
    return model
