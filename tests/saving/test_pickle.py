"""Models through pickle, copy and joblib: with optimizer and all, they go on as if nothing had been."""

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest
from saving.exchanged import MODELS, outputs, train

import fastmlp
from fastmlp import layers


def by_joblib(model: Any) -> Any:
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "cloudpickle": lambda model: cloudpickle.loads(cloudpickle.dumps(model)),
    "deepcopy": copy.deepcopy,
    "joblib": by_joblib,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_the_copy_goes_on(name: str, way: str) -> None:
    model = MODELS[name](fastmlp)
    train(name, model, epochs=2)
    other = WAYS[way](model)
    for _ in range(2):
        for mine, yours in zip(outputs(name, model), outputs(name, other), strict=True):
            np.testing.assert_array_equal(mine, yours)
        assert other.optimizer.iterations == model.optimizer.iterations
        train(name, model)
        train(name, other)


def test_the_copy_is_another_one() -> None:
    model = MODELS["sequential"](fastmlp)
    train("sequential", model)
    other = copy.deepcopy(model)
    before = model.get_weights()
    train("sequential", other)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_before_it_is_built_or_compiled() -> None:
    for model in (fastmlp.Sequential([layers.Dense(3)]), fastmlp.Sequential([layers.Dense(3, input_shape=(4,))])):
        other = pickle.loads(pickle.dumps(model))
        other.compile("sgd", "mse")
        other.fit(np.ones((5, 4)), np.ones((5, 3)), verbose=0)


def test_a_deep_model() -> None:
    model = fastmlp.Sequential([fastmlp.Input((2,)), *(layers.Dense(2, activation="tanh") for _ in range(400))])
    other = pickle.loads(pickle.dumps(model))
    x = np.ones((3, 2), np.float32)
    np.testing.assert_array_equal(model.predict(x, verbose=0), other.predict(x, verbose=0))
    copy.deepcopy(model)
