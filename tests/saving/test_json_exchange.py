"""JSON both ways between fastmlp and Keras 3: equal predictions of equal weights."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from real_keras import keras as real

import fastmlp
from fastmlp.models import model_from_json

SEQUENTIAL = {
    "dense": lambda k: [k.layers.Dense(5, "relu"), k.layers.Dense(3, "softmax", use_bias=False)],
    "initializers": lambda k: [
        k.layers.Dense(5, kernel_initializer=k.initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=1)),
        k.layers.Dense(3, kernel_initializer=k.initializers.TruncatedNormal(stddev=0.1), bias_initializer="ones"),
    ],
    "shapes": lambda k: [k.layers.Reshape((2, 2)), k.layers.Flatten(), k.layers.Dense(2), k.layers.Dropout(0.3)],
    "activations": lambda k: [
        k.layers.Dense(4, activation=name)
        for name in (
            "elu", "selu", "gelu", "silu", "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "leaky_relu",
        )
    ] + [k.layers.Activation("exponential")],
    "rectifiers": lambda k: [
        k.layers.LeakyReLU(0.2), k.layers.ReLU(6.0, 0.1, 0.2), k.layers.ELU(0.5), k.layers.PReLU("ones"),
        k.layers.Softmax(),
    ],
    "regularized": lambda k: [
        k.layers.Dense(
            4,
            kernel_regularizer=k.regularizers.L1L2(0.25, 0.5),
            bias_regularizer=k.regularizers.L1(0.125),
            activity_regularizer=k.regularizers.L2(0.125),
            kernel_constraint=k.constraints.MaxNorm(1.0),
            bias_constraint="non_neg",
        ),
        k.layers.Dense(3, kernel_regularizer=k.regularizers.OrthogonalRegularizer(0.5), kernel_initializer="identity"),
        k.layers.ActivityRegularization(0.25, 0.5),
    ],
    "noise": lambda k: [
        k.layers.GaussianNoise(0.1), k.layers.GaussianDropout(0.2, seed=3), k.layers.AlphaDropout(0.1),
    ],
    "normalization": lambda k: [
        k.layers.Rescaling(2.0, 1.0),
        k.layers.BatchNormalization(momentum=0.9, scale=False, beta_regularizer=k.regularizers.L2(0.5)),
        k.layers.LayerNormalization(epsilon=0.01, gamma_constraint="non_neg"),
        k.layers.UnitNormalization(),
        k.layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 2.0, 3.0, 4.0]),
    ],
    "axes": lambda k: [k.layers.Permute((1,)), k.layers.RepeatVector(3), k.layers.Permute((2, 1)), k.layers.Flatten()],
    "embedding": lambda k: [
        k.layers.Embedding(5, 3, embeddings_regularizer=k.regularizers.L2(0.5)), k.layers.Flatten(),
    ],
    "categories": lambda k: [k.layers.CategoryEncoding(5, output_mode="multi_hot"), k.layers.Identity()],
}  # fmt: skip


def functional(k: Any) -> Any:
    x, y = k.Input((4,), name="x"), k.Input((3,), name="y")
    shared = k.layers.Dense(4, activation="tanh", name="shared")
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(4)], name="inner")
    start = k.Input((4,), name="start")
    deep = k.Model(start, k.layers.Dense(4, name="within")(start), name="deep")
    hidden = k.layers.Dropout(0.5)(shared(deep(shared(deep(x)))), training=False)
    both = k.layers.Concatenate()([hidden, y, inner(hidden)])
    added = k.layers.Add()([k.layers.Multiply()([x, hidden]), deep(inner(x))])
    return k.Model([x, y], [k.layers.Dense(2, name="main")(both), added])


def named(k: Any) -> Any:
    x, y = k.Input((4,), name="x"), k.Input((3,), name="y")
    both = k.layers.Concatenate(name="both")([x, y])
    return k.Model({"x": x, "y": y}, {"both": both, "sum": k.layers.Dense(1, name="sum")(both)})


def sequential(name: str) -> Callable[[Any], Any]:
    return lambda k: k.Sequential([k.Input((4,)), *SEQUENTIAL[name](k)])


def merging(k: Any) -> Any:
    x, y = k.Input((4,)), k.Input((4,))
    names = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    merged = [getattr(k.layers, name)()([x, y]) for name in names]
    return k.Model([x, y], [*merged, k.layers.Dot(1)([x, y]), k.layers.Dot((1, 1), normalize=True)([x, y])])


BUILDERS = {
    **{name: sequential(name) for name in SEQUENTIAL},
    "functional": functional,
    "merging": merging,
    "named": named,
}


def predictions(model: Any, x: list[Any]) -> list[Any]:
    named = {"both", "sum"} <= {layer.name for layer in model.layers}
    y = model.predict(dict(zip("xy", x, strict=True)) if named else x if len(x) > 1 else x[0], verbose=0)
    return list(y.values()) if isinstance(y, dict) else y if isinstance(y, list | tuple) else [y]


def assert_equal(one: Any, other: Any) -> None:
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.1, 1.0, size=w.shape).astype("float32") for w in one.get_weights()]
    one.set_weights(weights)
    other.set_weights(weights)
    x = [rng.integers(0, 5, size=(3, *tensor.shape[1:])).astype("float32") for tensor in one.inputs]
    for y, y_other in zip(predictions(one, x), predictions(other, x), strict=True):
        np.testing.assert_allclose(y, y_other, rtol=1e-4, atol=1e-5)
    assert [layer.name for layer in one.layers] == [layer.name for layer in other.layers]


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_keras_reads_what_fastmlp_writes(build: Callable[[Any], Any]) -> None:
    model = build(fastmlp)
    assert_equal(model, real.models.model_from_json(model.to_json()))


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_fastmlp_reads_what_keras_writes(build: Callable[[Any], Any]) -> None:
    model = build(real)
    assert_equal(model_from_json(model.to_json()), model)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_there_and_back(build: Callable[[Any], Any]) -> None:
    model = build(fastmlp)
    back = model_from_json(real.models.model_from_json(model.to_json()).to_json())
    assert_equal(model, back)
    for pair in zip(model.layers, back.layers, strict=True):
        config, config_back = ({**layer.get_config(), "data_format": None} for layer in pair)  # Keras fills this in
        assert json.dumps(config) == json.dumps(config_back)


def test_settings_have_the_names_that_keras_gives_them() -> None:
    """What fastmlp writes of a layer is among what Keras writes of it, with the same values."""
    for build in BUILDERS.values():
        written, expected = json.loads(build(fastmlp).to_json()), json.loads(build(real).to_json())
        for layer, other in zip(written["config"]["layers"], expected["config"]["layers"], strict=True):
            assert layer["class_name"] == other["class_name"]
            assert set(layer["config"]) <= set(other["config"]) | {"activity_regularizer"}
