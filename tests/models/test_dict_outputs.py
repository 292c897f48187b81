"""Outputs in a dict: known by its keys, as in Keras 3, whatever the layers that make them are called."""

from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp import layers

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
TARGETS = {"price": X[:, :1] * 2, "rest": X[:, 1:]}


class Split(fastmlp.Model):
    """Returns a dict from a `call` of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.left, self.right = layers.Dense(1), layers.Dense(3)

    def call(self, inputs: Any) -> Any:
        return {"price": self.left(inputs), "rest": self.right(inputs)}


def functional() -> fastmlp.Model:
    inputs = layers.Input((4,))
    return fastmlp.Model(inputs, {"price": layers.Dense(1, name="p")(inputs), "rest": layers.Dense(3)(inputs)})


def subclass() -> fastmlp.Model:
    model = Split()
    model.build((None, 4))
    return model


@pytest.mark.parametrize("make", [functional, subclass, Split])
def test_losses_metrics_and_targets_go_by_the_keys(make: Any) -> None:
    model = make()
    model.compile("sgd", {"price": "mse", "rest": "mae"}, {"price": 1, "rest": 0.5}, {"rest": ["mse"]})
    history = model.fit(X, TARGETS, verbose=0).history
    assert list(history) == ["loss", "price_loss", "rest_loss", "rest_mse"]
    logs = model.evaluate(X, TARGETS, verbose=0, return_dict=True)
    predicted = model.predict(X)
    assert logs["price_loss"] == pytest.approx(np.mean((predicted["price"] - TARGETS["price"]) ** 2), rel=1e-5)
    assert logs["rest_loss"] == pytest.approx(np.mean(np.abs(predicted["rest"] - TARGETS["rest"])), rel=1e-5)


@pytest.mark.parametrize("make", [functional, subclass])
def test_an_unknown_key_is_refused_with_those_there_are(make: Any) -> None:
    with pytest.raises(ValueError, match=r"\['price', 'rest'\]. Received: \['cost'\]"):
        make().compile("sgd", {"cost": "mse"})


@pytest.mark.parametrize("make", [functional, subclass])
def test_predictions_have_the_structure_of_the_outputs(make: Any) -> None:
    model = make()
    whole = model.predict(X)
    for predicted in (whole, model.predict_on_batch(X), model(X), model.predict(X, batch_size=7)):
        assert {key: value.shape for key, value in predicted.items()} == {"price": (40, 1), "rest": (40, 3)}
        np.testing.assert_array_equal(predicted["rest"], whole["rest"])


def test_callbacks_see_the_structure_of_the_outputs() -> None:
    seen: list[dict[str, Any]] = []
    hook = fastmlp.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: seen.append(logs["outputs"]))
    predicted = functional().predict(X, batch_size=10, callbacks=[hook])
    for key in ("price", "rest"):
        np.testing.assert_array_equal(np.concatenate([each[key] for each in seen]), predicted[key])


def test_one_output_in_a_dict_stays_in_it_and_one_in_a_list_does_not() -> None:
    inputs = layers.Input((4,))
    outputs = layers.Dense(1)(inputs)
    alone, keyed, listed = (fastmlp.Model(inputs, each) for each in (outputs, {"a": outputs}, [outputs]))
    expected = alone.predict(X)
    for model in (alone, listed):
        np.testing.assert_array_equal(model.predict(X), expected)
    for predicted in (keyed.predict(X), keyed(X)):
        assert list(predicted) == ["a"]
        np.testing.assert_allclose(predicted["a"], expected, rtol=1e-6)


def test_a_tuple_of_outputs_gives_a_tuple() -> None:
    inputs = layers.Input((4,))
    model = fastmlp.Model(inputs, (layers.Dense(1)(inputs), layers.Dense(2)(inputs)))
    assert isinstance(model.predict(X), tuple)
