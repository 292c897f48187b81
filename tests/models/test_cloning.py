from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import layers, ops
from fastmlp.models import clone_model, model_from_json

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4)).astype("float32")


def deep_model() -> keras.Model:
    x = keras.Input((4,), name="x")
    shared = layers.Dense(4, activation="tanh")
    inner = keras.Sequential([layers.Dense(4, input_shape=(4,))], name="inner")
    return keras.Model(x, layers.concatenate([shared(shared(x)), inner(x)]), name="deep")


def assert_cloned(model: keras.Model, clone: keras.Model) -> None:
    assert clone is not model
    assert clone.name == model.name
    assert [layer.name for layer in clone.layers] == [layer.name for layer in model.layers]
    assert not set(clone.variables) & set(model.variables)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(clone.predict(X), model.predict(X))


@pytest.mark.parametrize("recursive", [False, True])
def test_functional_models(recursive: bool) -> None:
    model = deep_model()
    clone = clone_model(model, recursive=recursive)
    assert_cloned(model, clone)
    assert clone.get_config() == model.get_config()


def test_stacks() -> None:
    model = keras.Sequential([layers.Dense(3, input_shape=(4,)), layers.Dropout(0.2), layers.Dense(2)])
    clone = clone_model(model)
    assert_cloned(model, clone)
    assert type(clone) is keras.Sequential


def test_a_stack_that_is_not_built() -> None:
    clone = clone_model(keras.Sequential([layers.Dense(3)]))
    assert not clone.built
    assert clone.layers[0].units == 3


def test_operations_between_layers_are_cloned_too() -> None:
    x = keras.Input((4,))
    hidden = layers.Dense(4)(x)
    model = keras.Model(x, layers.Dense(2)(ops.tanh(hidden) * 2.0 + hidden) - 1.0)
    assert_cloned(model, clone_model(model))


def test_weights_are_drawn_anew() -> None:
    model = deep_model()
    assert not np.array_equal(clone_model(model).get_weights()[0], model.get_weights()[0])


def test_functions_without_a_name_are_cloned_too() -> None:
    model = keras.Sequential([layers.Dense(3, activation=lambda x: layers.add([x, x]), input_shape=(4,))])
    assert_cloned(model, clone_model(model))


def test_a_function_that_makes_the_new_layers() -> None:
    def wider(layer: Any) -> Any:
        config = layer.get_config()
        if "units" in config:
            config["units"] *= 2
        return type(layer).from_config(config)

    model = keras.Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(2)])
    assert clone_model(model, clone_function=wider).output_shape == (None, 4)


def test_layers_can_be_shared_with_the_clone() -> None:
    model = deep_model()
    clone = clone_model(model, clone_function=lambda layer: layer)
    assert set(clone.variables) == set(model.variables)
    np.testing.assert_array_equal(clone.predict(X), model.predict(X))


def test_a_function_that_calls_the_new_layers() -> None:
    def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        return layers.Dropout(0.5)(outputs) if isinstance(layer, layers.Dense) else outputs

    clone = clone_model(deep_model(), call_function=called)
    assert sum(isinstance(layer, layers.Dropout) for layer in clone.layers) == 2
    with pytest.raises(ValueError, match="`call_function` is for functional models"):
        clone_model(keras.Sequential([layers.Dense(1)]), call_function=called)


def test_inputs_can_be_given() -> None:
    x = keras.Input((4,), name="other")
    assert clone_model(deep_model(), x).input_names == ["other"]
    stack = keras.Sequential([layers.Dense(3, input_shape=(4,))])
    assert clone_model(stack, x).inputs == [x]
    with pytest.raises(ValueError, match="`input_tensors` must be 1 tensors"):
        clone_model(deep_model(), [x, x])


class Own(keras.Model):
    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units


def test_subclasses_are_cloned_by_their_config_only() -> None:
    assert clone_model(Own(3)).units == 3
    with pytest.raises(ValueError, match="of class Own can only be cloned by its config"):
        clone_model(Own(3), clone_function=lambda layer: layer)


def test_only_models_are_cloned() -> None:
    with pytest.raises(ValueError, match="`model` must be a model"):
        clone_model(layers.Dense(3))  # type: ignore[arg-type]


def test_models_from_json() -> None:
    model = deep_model()
    made = model_from_json(model.to_json())
    assert made.optimizer is None
    made.set_weights(model.get_weights())
    np.testing.assert_array_equal(made.predict(X), model.predict(X))
