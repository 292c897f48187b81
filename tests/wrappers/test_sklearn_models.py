"""Keras 3's wrappers."""

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from wrappers.checks import parametrize_with_checks

import fastmlp as keras
from fastmlp.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = X[:, 0] + X[:, 1]


@pytest.fixture(autouse=True)
def seed() -> None:
    keras.utils.set_random_seed(0)


def build(X: Any, y: Any, loss: str, units: int = 16) -> Any:  # noqa: N803  Keras' names
    last = keras.layers.Dense(y.shape[1], activation="softmax" if "entropy" in loss else None)
    model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(units, activation="relu"), last])
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.02))
    return model


def compiled(loss: str = "mse") -> Any:
    return build(X, Y[:, None], loss)


FIT = {"verbose": 0, "epochs": 20}
ESTIMATORS = [
    SKLearnRegressor(build, model_kwargs={"loss": "mse"}, fit_kwargs=FIT),
    SKLearnClassifier(build, model_kwargs={"loss": "categorical_crossentropy"}, fit_kwargs=FIT),
    SKLearnTransformer(build, model_kwargs={"loss": "mse"}, fit_kwargs=FIT),
]


def expected_failures(estimator: Any) -> dict[str, str]:
    """Keras 3's constructor has no seed, and its decision function has a column for each of two classes."""
    repeated = [
        "check_fit_idempotent",
        "check_regressor_data_not_an_array",
        "check_classifier_data_not_an_array",
        "check_supervised_y_2d",
        "check_regressors_int",
    ]
    columns = (
        ["check_classifiers_train", "check_classifiers_classes"] if hasattr(estimator, "decision_function") else []
    )
    return dict.fromkeys(repeated, "no seed, as in Keras 3") | dict.fromkeys(columns, "two columns, as in Keras 3")


@parametrize_with_checks(ESTIMATORS, expected_failures)
def test_estimator_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_regressor() -> None:
    regressor = SKLearnRegressor(compiled(), fit_kwargs={"verbose": 0}).fit(X, Y, epochs=30)
    assert regressor.predict(X).shape == (80,)
    assert regressor.score(X, Y) == r2_score(Y, regressor.predict(X)) > 0.5
    assert len(regressor.history_.history["loss"]) == 30
    again = pickle.loads(pickle.dumps(regressor))
    np.testing.assert_array_equal(again.predict(X), regressor.predict(X))
    assert clone(regressor).fit(X, Y).predict(X).shape == (80,)


def test_a_model_is_cloned_or_with_warm_start_trained_on() -> None:
    model = compiled()
    assert SKLearnRegressor(model).fit(X, Y, verbose=0).model_ is not model
    warm = SKLearnRegressor(model, warm_start=True)
    for _ in range(2):
        assert warm.fit(X, Y, verbose=0).model_ is model


def test_classifier_in_a_pipeline() -> None:
    labels = np.where(Y > 0, "up", "down")
    classifier = SKLearnClassifier(build, model_kwargs={"loss": "categorical_crossentropy"})
    pipeline = make_pipeline(StandardScaler(), classifier)
    pipeline.fit(X, labels, sklearnclassifier__epochs=40, sklearnclassifier__verbose=0)
    assert pipeline.score(X, labels) > 0.9
    np.testing.assert_allclose(pipeline.decision_function(X).sum(axis=1), 1, rtol=1e-5)


def test_transformer() -> None:
    transformer = SKLearnTransformer(compiled()).fit(X, Y, verbose=0)
    np.testing.assert_array_equal(transformer.transform(X), transformer.model_.predict(X))


def test_errors() -> None:
    with pytest.raises(RuntimeError, match="compiled with a loss and an optimizer"):
        SKLearnRegressor(keras.Sequential([keras.layers.Dense(1)])).fit(X, Y)
    with pytest.raises(ValueError, match=r"Received one class: 1$"):
        SKLearnClassifier(compiled()).fit(X, np.ones(80, int))
