"""Every layer, trained with both; those that draw at random compute what they compute outside training."""

from typing import Any

import numpy as np
import pytest
from differential.harness import TARGETS, X, named, same_predictions, same_training
from real_keras import keras

import fastmlp

_rng = np.random.default_rng(3)
IMAGES = _rng.standard_normal((len(X), 4, 3)).astype(np.float32)
OTHERS = _rng.standard_normal(X.shape).astype(np.float32)
CATEGORIES = _rng.integers(0, 6, (len(X), 2))

# Class, arguments, input.
CASES: list[Any] = [
    ("Dense", {"units": 4, "activation": "relu"}, X),
    ("Dense", {"units": 4, "use_bias": False}, IMAGES),
    ("Dense", {"units": 4, "bias_initializer": "ones", "activity_regularizer": "l2"}, X),
    ("Flatten", {}, IMAGES),
    ("Reshape", {"target_shape": (2, 6)}, IMAGES),
    ("Reshape", {"target_shape": (-1, 4)}, IMAGES),
    ("Activation", {"activation": "tanh"}, X),
    ("ReLU", {}, X),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.2, "threshold": 0.1}, X),
    ("LeakyReLU", {}, X),
    ("LeakyReLU", {"negative_slope": 0.1}, X),
    ("ELU", {"alpha": 0.7}, X),
    ("PReLU", {"alpha_initializer": "ones"}, X),
    ("PReLU", {"shared_axes": [1]}, IMAGES),
    ("Softmax", {}, X),
    ("Softmax", {"axis": 1}, IMAGES),
    ("BatchNormalization", {}, X),
    ("BatchNormalization", {"momentum": 0.7, "epsilon": 0.01, "center": False}, X),
    ("BatchNormalization", {"scale": False, "axis": 1}, IMAGES),
    ("BatchNormalization", {"gamma_regularizer": "l2", "beta_constraint": "non_neg"}, IMAGES),
    ("LayerNormalization", {}, X),
    ("LayerNormalization", {"epsilon": 0.01, "scale": False}, IMAGES),
    ("LayerNormalization", {"axis": [1, 2]}, IMAGES),
    ("UnitNormalization", {}, X),
    ("UnitNormalization", {"axis": 1}, IMAGES),
    ("Normalization", {"mean": [0.1, 0.2, 0.3, 0.4, 0.5], "variance": [1.0, 2.0, 3.0, 4.0, 5.0]}, X),
    ("Normalization", {"axis": None, "mean": 0.3, "variance": 4.0, "invert": True}, X),
    ("Rescaling", {"scale": 0.5, "offset": 0.1}, X),
    ("Identity", {}, X),
    ("ActivityRegularization", {"l1": 0.01, "l2": 0.02}, X),
    ("RepeatVector", {"n": 3}, X),
    ("Permute", {"dims": (2, 1)}, IMAGES),
    ("Dropout", {"rate": 0.0}, X),
    ("Embedding", {"input_dim": 6, "output_dim": 3}, CATEGORIES),
    ("Embedding", {"input_dim": 6, "output_dim": 2, "embeddings_regularizer": "l2"}, CATEGORIES),
    ("CategoryEncoding", {"num_tokens": 6, "output_mode": "multi_hot"}, CATEGORIES),
    ("CategoryEncoding", {"num_tokens": 6, "output_mode": "count"}, CATEGORIES),
    ("CategoryEncoding", {"num_tokens": 6, "output_mode": "one_hot"}, CATEGORIES[:, :1]),
]
MERGING: list[Any] = [
    ("Add", {}, 3),
    ("Subtract", {}, 2),
    ("Multiply", {}, 3),
    ("Average", {}, 3),
    ("Maximum", {}, 3),
    ("Minimum", {}, 2),
    ("Concatenate", {}, 3),
    ("Dot", {"axes": 1}, 2),
    ("Dot", {"axes": 1, "normalize": True}, 2),
]
RANDOM: list[Any] = [
    ("Dropout", {"rate": 0.4}),
    ("GaussianDropout", {"rate": 0.4}),
    ("GaussianNoise", {"stddev": 0.5}),
    ("AlphaDropout", {"rate": 0.4}),
]


@pytest.mark.parametrize(("name", "settings", "x"), CASES, ids=named(CASES))
def test_a_layer(name: str, settings: dict[str, Any], x: Any) -> None:
    def build(kit: Any) -> Any:
        # No bias: the gradient of one in front of a normalization is zero, and rounding all that is left.
        first = [] if x.dtype == CATEGORIES.dtype else [kit.layers.Dense(x.shape[-1], use_bias=False, name="before")]
        layers = [*first, getattr(kit.layers, name)(**settings), kit.layers.Flatten(), kit.layers.Dense(3, name="last")]
        model = kit.Sequential([kit.Input(x.shape[1:]), *layers])
        model.compile(kit.optimizers.SGD(0.05), "mse")
        return model

    same_training(build, x)


@pytest.mark.parametrize(("name", "settings", "count"), MERGING, ids=named(MERGING))
def test_a_layer_that_merges(name: str, settings: dict[str, Any], count: int) -> None:
    def build(kit: Any) -> Any:
        inputs = kit.Input((X.shape[1],), name="one"), kit.Input((X.shape[1],), name="other")
        branches = [kit.layers.Dense(4, activation="tanh")(each) for each in (*inputs, inputs[0])[:count]]
        model = kit.Model(list(inputs), kit.layers.Dense(3)(getattr(kit.layers, name)(**settings)(branches)))
        model.compile(kit.optimizers.SGD(0.05), "mse")
        return model

    same_training(build, [X, OTHERS])


@pytest.mark.parametrize(("name", "settings"), RANDOM, ids=named(RANDOM))
def test_a_layer_that_draws_rests_outside_training(name: str, settings: dict[str, Any]) -> None:
    models = [
        kit.Sequential([kit.Input((X.shape[1],)), getattr(kit.layers, name)(**settings), kit.layers.Dense(3)])
        for kit in (fastmlp, keras)
    ]
    models[1].set_weights(models[0].get_weights())
    same_predictions(*models, X)


def test_a_layer_used_twice_and_a_model_used_as_a_layer() -> None:
    def build(kit: Any) -> Any:
        inputs = kit.Input((X.shape[1],))
        shared = kit.layers.Dense(X.shape[1], activation="tanh")
        inner = kit.Sequential([kit.Input((X.shape[1],)), kit.layers.Dense(4, activation="elu")])
        model = kit.Model(inputs, kit.layers.Dense(3)(inner(shared(shared(inputs)))))
        model.compile(kit.optimizers.SGD(0.05), "mse")
        return model

    same_training(build)


def test_frozen_layers_stay() -> None:
    def build(kit: Any) -> Any:
        layers = [kit.layers.Dense(4, activation="tanh", trainable=False), kit.layers.BatchNormalization()]
        layers[1].trainable = False
        model = kit.Sequential([kit.Input((X.shape[1],)), *layers, kit.layers.Dense(3)])
        model.compile(kit.optimizers.SGD(0.05), "mse")
        return model

    same_training(build, y=TARGETS["numbers"])
