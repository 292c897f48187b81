import json
from typing import Any

import pytest

from fastmlp import activations, constraints, initializers, layers, regularizers

# For each class of layers some arguments, none of them the default.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "tanh"},
    "ActivityRegularization": {"l1": 0.1, "l2": 0.2},
    "Add": {},
    "AlphaDropout": {"rate": 0.3, "seed": 3},
    "Average": {},
    "BatchNormalization": {"momentum": 0.9, "epsilon": 0.01, "scale": False, "beta_initializer": "ones"},
    "CategoryEncoding": {"num_tokens": 4, "output_mode": "one_hot"},
    "Concatenate": {"axis": 1},
    "Dense": {
        "units": 3,
        "activation": "relu",
        "use_bias": False,
        "kernel_initializer": initializers.HeNormal(seed=3),
        "bias_initializer": "ones",
        "kernel_regularizer": regularizers.L1L2(0.1, 0.2),
        "bias_regularizer": "l2",
        "activity_regularizer": regularizers.L1(0.3),
        "kernel_constraint": constraints.MaxNorm(1.5),
        "bias_constraint": "non_neg",
    },
    "Dot": {"axes": 1, "normalize": True},
    "Dropout": {"rate": 0.4, "seed": 3},
    "ELU": {"alpha": 0.5},
    "Embedding": {"input_dim": 5, "output_dim": 3, "embeddings_initializer": "ones"},
    "Flatten": {},
    "GaussianDropout": {"rate": 0.3, "seed": 3},
    "GaussianNoise": {"stddev": 0.3, "seed": 3},
    "Identity": {},
    "InputLayer": {"shape": (3, 4)},
    "LayerNormalization": {"epsilon": 0.01, "center": False, "gamma_initializer": "zeros"},
    "LeakyReLU": {"negative_slope": 0.1},
    "Masking": {"mask_value": 2.0},
    "Maximum": {},
    "Minimum": {},
    "Multiply": {},
    "Normalization": {"axis": -1, "mean": [1.0, 2.0], "variance": [3.0, 4.0], "invert": True},
    "PReLU": {"alpha_initializer": "ones", "shared_axes": [1]},
    "Permute": {"dims": (2, 1)},
    "ReLU": {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.5},
    "RepeatVector": {"n": 3},
    "Rescaling": {"scale": 2.0, "offset": 1.0},
    "Reshape": {"target_shape": (2, -1)},
    "Softmax": {"axis": -1},
    "Subtract": {},
    "UnitNormalization": {"axis": -1},
}
CLASSES = {
    name: cls
    for name in layers.__all__
    if isinstance(cls := getattr(layers, name), type) and name not in ("Layer", "Lambda")
}


@pytest.mark.parametrize("name", CLASSES)
def test_a_layer_made_of_a_config_has_the_same_config(name: str) -> None:
    layer = CLASSES[name](**ARGUMENTS[name], name="one")
    config = json.loads(json.dumps(layers.serialize(layer)))
    assert (config["class_name"], config["config"]["name"]) == (name, "one")
    made = layers.deserialize(config)
    assert type(made) is type(layer)
    assert made.name == "one"
    assert json.loads(json.dumps(layers.serialize(made))) == config
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "InputLayer"])
def test_a_config_says_every_argument(name: str) -> None:
    config = CLASSES[name](**ARGUMENTS[name], dtype="float64", trainable=False).get_config()
    assert (config["dtype"], config["trainable"]) == ("float64", False)
    assert set(ARGUMENTS[name]) <= set(config)
    for key, value in ARGUMENTS[name].items():
        if isinstance(value, int | float | list):
            assert config[key] == value


def test_activations_are_said_by_name() -> None:
    assert layers.Dense(2, activation=activations.tanh).get_config()["activation"] == "tanh"
    assert layers.Dense(2).get_config()["activation"] == "linear"


def test_the_classes_between_a_layer_of_the_user_and_its_get_config_say_theirs() -> None:
    class Wide(layers.Dense):
        def __init__(self, factor: int, units: int = 2, **kwargs: Any) -> None:
            super().__init__(units * factor, **kwargs)
            self.factor = factor

        def get_config(self) -> dict[str, Any]:
            config = super().get_config()
            return {**config, "factor": self.factor, "units": config["units"] // self.factor}

    layer = Wide(3, activation="relu", name="wide")
    made = Wide.from_config(layer.get_config())
    assert (made.units, made.factor, made.name) == (6, 3, "wide")
    assert made.get_config() == layer.get_config()


def test_a_layer_of_the_user_without_a_get_config() -> None:
    class Scale(layers.Layer):
        def __init__(self, factor: float, activation: Any = "relu", **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.factor = factor
            self.activation = activations.get(activation)

    class Plain(layers.Layer):
        def __init__(self) -> None:
            super().__init__()

    layer = Scale(3.0, name="scale")
    expected = {"name": "scale", "trainable": True, "dtype": "float32", "factor": 3.0, "activation": "relu"}
    assert layer.get_config() == expected
    assert Scale.from_config(expected).get_config() == expected
    assert Plain.from_config(Plain().get_config())


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
def test_inputs_of_integers_are_computed_with_as_numbers(dtype: str) -> None:
    config = {"class_name": "InputLayer", "config": {"batch_shape": [None, 2], "dtype": dtype, "name": "x"}}
    assert layers.deserialize(config).dtype == "float32"


def test_code_is_only_taken_from_code() -> None:
    if "Lambda" in layers.__all__:
        layer = layers.Lambda(lambda x: x)
        assert callable(layer.get_config()["function"])
        assert type(layer).from_config(layer.get_config()).function is layer.function
        with pytest.raises(ValueError, match="named functions"):
            layers.serialize(layer)
