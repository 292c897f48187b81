"""Hyperparameter searches: the chapter's, with prefixes, in processes and in threads."""

import os
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

import joblib
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score
from wrappers import builders

import fastmlp as keras
from fastmlp.wrappers.scikit_learn import KerasClassifier, KerasRegressor

CELLS = """
    def build_model(n_hidden=1, n_neurons=30, learning_rate=3e-3, input_shape=[8]):
        model = keras.models.Sequential()
        model.add(keras.layers.InputLayer(input_shape=input_shape))
        for layer in range(n_hidden):
            model.add(keras.layers.Dense(n_neurons, activation="relu"))
        model.add(keras.layers.Dense(1))
        optimizer = keras.optimizers.SGD(lr=learning_rate)
        model.compile(loss="mse", optimizer=optimizer)
        return model

    keras_reg = keras.wrappers.scikit_learn.KerasRegressor(build_model)

    from scipy.stats import reciprocal
    from sklearn.model_selection import RandomizedSearchCV

    param_distribs = {
        "n_hidden": [0, 1, 2, 3],
        "n_neurons": np.arange(1, 100),
        "learning_rate": reciprocal(3e-4, 3e-2),
    }

    rnd_search_cv = RandomizedSearchCV(keras_reg, param_distribs, n_iter=3, cv=3)
    rnd_search_cv.fit(X_train, y_train, epochs=3,
                      validation_data=(X_valid, y_valid),
                      callbacks=[keras.callbacks.EarlyStopping(patience=10)])
    model = rnd_search_cv.best_estimator_.model
"""


def linear_data(rows: int = 96) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 8))
    return x, x @ rng.normal(size=8) + 0.1 * rng.normal(size=rows)


def test_the_chapters_search() -> None:
    from sklearn.datasets import fetch_california_housing

    home = os.environ.get("SCIKIT_LEARN_DATA", str(Path.home() / "scikit_learn_data"))
    if not Path(home, "cal_housing_py3.pkz").is_file():
        pytest.skip(f"needs the California housing data in {home}")
    x, y = fetch_california_housing(data_home=home, return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    x = (x - x[:6000].mean(axis=0)) / x[:6000].std(axis=0)
    np.random.seed(42)  # noqa: NPY002  what the chapter's search draws from
    keras.utils.set_random_seed(42)
    names = {
        "keras": keras, "np": np, "X_train": x[:6000], "y_train": y[:6000], "X_valid": x[6000:7000],
        "y_valid": y[6000:7000],
    }  # fmt: skip
    exec(compile(textwrap.dedent(CELLS), "<chapter>", "exec"), names)
    search: Any = names["rnd_search_cv"]
    assert set(search.best_params_) == {"n_hidden", "n_neurons", "learning_rate"}
    assert isinstance(names["model"], keras.Sequential)
    assert -1.0 < search.best_score_ < 0  # the targets' variance is 1.33
    assert search.score(x[7000:], y[7000:]) < 0
    dense = [layer for layer in names["model"].layers if isinstance(layer, keras.layers.Dense)]
    assert len(dense) == search.best_params_["n_hidden"] + 1
    assert float(names["model"].optimizer.learning_rate) == pytest.approx(search.best_params_["learning_rate"])


def test_a_grid_with_prefixes() -> None:
    x, y = linear_data()
    regressor = KerasRegressor(
        builders.uncompiled, loss="mse", optimizer=keras.optimizers.SGD, fit__verbose=0, fit__epochs=2, random_state=0
    )
    grid = {"model__units": [2, 4], "optimizer__learning_rate": [0.001, 0.05], "loss": ["mse", keras.losses.Huber]}
    search = GridSearchCV(regressor, grid, cv=2).fit(x, y)
    assert len(search.cv_results_["params"]) == 8
    best = search.best_params_
    model = search.best_estimator_.model
    assert model.layers[0].units == best["model__units"]
    assert float(model.optimizer.learning_rate) == pytest.approx(best["optimizer__learning_rate"])


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_jobs_change_nothing(backend: str) -> None:
    x, y = linear_data()
    stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1)
    regressor = KerasRegressor(builders.regressor, random_state=3, verbose=0, epochs=3, callbacks=[stop])
    space = {"n_neurons": [3, 10, 17], "learning_rate": [0.001, 0.01]}

    def scores(n_jobs: int) -> Any:
        with joblib.parallel_config(backend=backend):
            search = RandomizedSearchCV(regressor, space, n_iter=3, cv=2, random_state=0, n_jobs=n_jobs).fit(x, y)
        return search.cv_results_["mean_test_score"], search.best_estimator_.predict(x)

    for alone, together in zip(scores(1), scores(2), strict=True):
        np.testing.assert_array_equal(alone, together)


def test_without_a_random_state_folds_differ_and_follow_the_seed() -> None:
    x, y = linear_data()
    regressor = KerasRegressor(builders.regressor, verbose=0)

    def weights() -> list[Any]:
        return [regressor.fit(x, y).model.get_weights()[0] for _ in range(2)]

    keras.utils.set_random_seed(7)
    first = weights()
    keras.utils.set_random_seed(7)
    again = weights()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])


def test_string_labels_in_a_cross_validation() -> None:
    rng = np.random.default_rng(1)
    y = np.array(["ant", "bee", "cow"])[rng.integers(3, size=150)]
    x = rng.normal(size=(150, 4)) + 3 * (y[:, None] == np.array(["ant", "bee", "cow", "dog"]))
    classifier = KerasClassifier(builders.softmax_classifier, epochs=10, verbose=0, random_state=0)
    assert cross_val_score(classifier, x, y, cv=3).min() > 0.9
