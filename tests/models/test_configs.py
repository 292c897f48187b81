import json
from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import layers, ops
from fastmlp._structure import flatten
from fastmlp.saving import serialization
from fastmlp.saving.serialization import deserialize_model, serialize_model

DIALECTS = ("keras2", "keras3")


def again(model: keras.Model, dialect: str, custom_objects: dict[str, Any] | None = None) -> keras.Model:
    """Return a model made of the JSON of another one's config, with its weights."""
    config = json.loads(json.dumps(serialize_model(model, dialect)))
    made = deserialize_model(config, custom_objects)
    assert serialize_model(made, dialect) == config
    made.set_weights(model.get_weights())
    return made


def summary(model: keras.Model) -> list[str]:
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    return lines


def predictions(model: keras.Model, rng: np.random.Generator | None = None) -> list[Any]:
    rng = rng or np.random.default_rng(0)
    x = [rng.normal(size=(5, *tensor.sample_shape)).astype("float32") for tensor in model.inputs]
    return flatten(model.predict(x[0] if len(x) == 1 else x))


def assert_same(model: keras.Model, other: keras.Model) -> None:
    assert summary(model) == summary(other)
    assert [layer.get_config() for layer in model.layers] == [layer.get_config() for layer in other.layers]
    for y, y_other in zip(predictions(model), predictions(other), strict=True):
        np.testing.assert_array_equal(y, y_other)


def random_model(seed: int) -> keras.Model:
    """Return a functional model with shared layers, models inside, several inputs and several outputs."""
    rng = np.random.default_rng(seed)
    tensors = [keras.Input((4,)) for _ in range(rng.integers(1, 4))]
    inputs = list(tensors)
    inner = keras.Sequential([layers.Dense(4, input_shape=(4,)), layers.Dense(4, activation="tanh")])
    start = keras.Input((4,))
    functional = keras.Model(start, layers.Add()([layers.Dense(4)(start), start]))
    shared = [layers.Dense(4, activation="relu"), layers.Dense(4, use_bias=False), inner, functional]
    for _ in range(rng.integers(3, 12)):
        one, two = (tensors[i] for i in rng.integers(len(tensors), size=2))
        match rng.integers(6):
            case 0:
                tensors.append(layers.Dense(4)(one))
            case 1:
                tensors.append(layers.Add()([one, two]))
            case 2:
                tensors.append(layers.Dense(4)(layers.concatenate([one, two])))
            case 3:
                tensors.append(layers.Dropout(0.5)(one, training=bool(rng.integers(2)) and None))
            case _:
                tensors.append(shared[rng.integers(len(shared))](one))
    outputs = [tensors[-1], *(tensors[i] for i in rng.integers(len(inputs), len(tensors), size=rng.integers(3)))]
    outputs = list(dict.fromkeys(outputs))
    return keras.Model(inputs, [layers.Add()([each, *inputs]) for each in outputs])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("seed", range(25))
def test_random_functional_models(seed: int, dialect: str) -> None:
    model = random_model(seed)
    assert_same(model, again(model, dialect))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sequential(dialect: str) -> None:
    model = keras.Sequential([layers.Flatten(input_shape=(3, 2)), layers.Dense(4, "relu"), layers.Dense(2, "softmax")])
    assert_same(model, again(model, dialect))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_sequential_whose_input_is_not_known(dialect: str) -> None:
    model = keras.Sequential([layers.Dense(4), layers.Dense(2)], name="later")
    made = deserialize_model(json.loads(json.dumps(serialize_model(model, dialect))))
    assert not made.built
    assert made.name == "later"
    assert [layer.units for layer in made.layers] == [4, 2]


def test_a_sequential_that_was_built_by_its_data() -> None:
    model = keras.Sequential([layers.Dense(4), layers.Dense(2)])
    model.build((None, 3))
    assert_same(model, again(model, "keras3"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_inputs_and_outputs_in_dicts(dialect: str) -> None:
    x, y = keras.Input((2,), name="x"), keras.Input((3,), name="y")
    model = keras.Model({"x": x, "y": y}, {"a": layers.Dense(1)(x), "b": layers.Dense(2)(layers.concatenate([x, y]))})
    made = again(model, dialect)
    assert_same(model, made)
    assert set(made.input_structure) == {"x", "y"}
    assert set(made.output_structure) == {"a", "b"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_calls_were_given(dialect: str) -> None:
    x = keras.Input((50,))
    model = keras.Model(x, layers.Dropout(0.5)(x, training=True))
    assert (predictions(again(model, dialect))[0] == 0).any()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_models_inside_models_inside_models(dialect: str) -> None:
    model = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    for _ in range(5):
        x = keras.Input(model.input_shape[1:])
        model = keras.Model(x, layers.Dense(2)(model(x)))
    assert_same(model, again(model, dialect))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_layer_that_several_models_have_is_one_again(dialect: str) -> None:
    shared = layers.Dense(3, name="shared")
    x, y = keras.Input((3,)), keras.Input((3,))
    inner = [keras.Sequential([keras.Input((3,)), shared, layers.Dense(2)]) for _ in range(2)]
    model = keras.Model([x, y], layers.concatenate([inner[0](x), inner[1](y), shared(x)]))
    made = again(model, dialect)
    assert_same(model, made)
    assert made.count_params() == model.count_params()
    assert made.get_layer(inner[0].name).layers[0] is made.get_layer("shared")
    text = json.dumps(serialize_model(model, dialect))
    assert text.count("shared_object_id") == 3


@pytest.mark.parametrize("dialect", DIALECTS)
def test_frozen_layers_stay_frozen(dialect: str) -> None:
    model = keras.Sequential([layers.Dense(2, input_shape=(3,), trainable=False), layers.Dense(1)])
    made = again(model, dialect)
    assert [layer.trainable for layer in made.layers] == [False, True]
    assert len(made.trainable_variables) == 2


def test_dtypes_are_kept() -> None:
    model = keras.Sequential([keras.Input((3,), dtype="float64"), layers.Dense(2, dtype="float64")])
    assert again(model, "keras3").dtype == "float64"


@keras.saving.register_keras_serializable("tests")
class Scale(layers.Layer):
    def __init__(self, factor: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = float(factor)

    def build(self, input_shape: Any) -> None:
        self.gain = self.add_weight((input_shape[-1], input_shape[-1]), "identity", name="gain")

    def call(self, inputs: Any) -> Any:
        return ops.dense(inputs, self.gain)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.scale}


class Twice(layers.Layer):
    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layer = layer

    def call(self, inputs: Any) -> Any:
        return layers.add([inputs, inputs])


class Secretive(layers.Layer):
    def __init__(self, factor: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def call(self, inputs: Any) -> Any:
        return inputs


@pytest.mark.parametrize("dialect", DIALECTS)
def test_layers_of_the_user(dialect: str) -> None:
    model = keras.Sequential([layers.Dense(2, input_shape=(3,)), Scale(3)])
    made = again(model, dialect)
    assert made.layers[1].scale == 3
    assert_same(model, made)
    text = json.dumps(serialize_model(model, dialect))
    assert "tests>Scale" in text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_layers_of_the_user_that_the_caller_brings(dialect: str) -> None:
    model = keras.Sequential([layers.Dense(2, input_shape=(3,)), Twice(None)])
    assert_same(model, again(model, dialect, {"Twice": Twice}))
    with keras.saving.custom_object_scope({"Twice": Twice}):
        assert_same(model, again(model, dialect))
    with pytest.raises(
        ValueError, match=r"Layer 'sequential\w*' .*: Unknown layer: 'Twice', called 'twice\w*'. Pass it"
    ):
        again(model, dialect)


def test_a_layer_that_keeps_its_arguments_to_itself() -> None:
    model = keras.Sequential([keras.Input((2,)), Secretive(2, name="own")])
    with pytest.raises(NotImplementedError, match=r"Layer 'own' of class Secretive must override .*`factor`"):
        model.to_json()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_functions_of_the_user(dialect: str) -> None:
    def cube(x: Any) -> Any:
        return layers.multiply([x, x])

    model = keras.Sequential([layers.Dense(2, activation=cube, input_shape=(3,))])
    assert model.layers[0].get_config()["activation"] is cube
    assert_same(model, again(model, dialect, {"cube": cube}))
    with pytest.raises(ValueError, match=r"Layer 'dense\w*' \(Dense\): Unknown activation: 'cube'"):
        again(model, dialect)


def test_functions_without_a_name_cannot_be_written() -> None:
    model = keras.Sequential([layers.Dense(2, activation=lambda x: x, input_shape=(3,))])
    with pytest.raises(ValueError, match="named functions"):
        model.to_json()


@keras.saving.register_keras_serializable("tests")
class Regression(keras.Model):
    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units


def test_a_subclass_says_its_arguments() -> None:
    config = serialize_model(Regression(3, name="mine"), "keras3")
    assert config["registered_name"] == "tests>Regression"
    assert config["config"] == {"name": "mine", "trainable": True, "dtype": "float32", "units": 3}
    made = deserialize_model(config)
    assert type(made) is Regression
    assert (made.units, made.name) == (3, "mine")


def test_a_functional_subclass_without_a_constructor() -> None:
    class Own(keras.Model):
        pass

    x = keras.Input((2,))
    model = Own(x, layers.Dense(1)(x))
    made = again(model, "keras3", {"Own": Own})
    assert type(made) is Own
    assert_same(model, made)


def test_operations_between_layers_have_no_config() -> None:
    x = keras.Input((2,))
    model = keras.Model(x, layers.Dense(1)(ops.multiply(x, x)))
    with pytest.raises(ValueError, match="operations between them"):
        model.to_json()


def test_from_config_of_a_model() -> None:
    model = random_model(3)
    made = keras.Model.from_config(model.get_config())
    made.set_weights(model.get_weights())
    assert_same(model, made)
    stack = keras.Sequential([layers.Dense(2, input_shape=(3,)), Twice(None)])
    made = keras.Sequential.from_config(stack.get_config(), {"Twice": Twice})
    made.set_weights(stack.get_weights())
    assert_same(stack, made)


def test_json_options() -> None:
    model = keras.Sequential([layers.Dense(2, input_shape=(3,))])
    assert "\n" in model.to_json(indent=2)
    assert json.loads(model.to_json()) == serialization.serialize_model(model, "keras3")
