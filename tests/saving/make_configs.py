"""Writes keras2.json and keras3.json: configs, weights and predictions of real models, for test_real_configs.py.

Run it once with tf_keras (Keras 2) and once with Keras 3: python tests/saving/make_configs.py tf_keras|keras
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

RNG = np.random.default_rng(42)


def models(k: Any) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return models by name, each with the arguments of its `compile`."""
    layers = k.layers

    def stack(*inside: Any, shape: tuple[int, ...] = (4,)) -> Any:
        return k.Sequential([k.Input(shape), *inside])

    wide, deep = k.Input((3,), name="wide_input"), k.Input((4,), name="deep_input")
    hidden = layers.Dense(5, activation="relu", kernel_initializer="he_normal", kernel_regularizer="l2")(deep)
    hidden = layers.Dropout(0.2)(hidden, training=False)
    shared = layers.Dense(5, name="shared", bias_constraint=k.constraints.NonNeg())
    hidden = layers.BatchNormalization()(shared(shared(hidden)))
    both = layers.concatenate([wide, hidden])
    ends = [layers.Dense(1, name="main_output")(both), layers.Dense(2, "sigmoid", name="aux_output")(hidden)]

    inner = k.Sequential([layers.Dense(4, input_shape=(4,)), layers.Dense(4, "tanh")], name="inner")
    inside = k.Input((4,))
    functional = k.Model(inside, layers.Add()([layers.Dense(4)(inside), inside]), name="functional")
    start = k.Input((4,))
    once, twice = inner(start), functional(inner(start))
    nested = k.Model(start, [layers.Subtract()([functional(once), twice]), functional(twice)])

    x, y = k.Input((3,), name="x"), k.Input((3,), name="y")
    merged = [layers.Add(), layers.Subtract(), layers.Multiply(), layers.Average(), layers.Maximum(), layers.Minimum()]
    named = {"dot": layers.Dot(1)([x, y]), "merged": layers.Concatenate(name="merged")([m([x, y]) for m in merged])}

    schedule = k.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.9)
    return {
        "classifier": (
            stack(
                layers.Flatten(),
                layers.Dense(6, "relu", kernel_initializer=k.initializers.HeNormal(seed=3)),
                layers.Dense(3, "softmax", kernel_constraint=k.constraints.MaxNorm(2.0)),
                shape=(3, 2),
            ),
            {
                "optimizer": k.optimizers.SGD(schedule, momentum=0.9),
                "loss": "sparse_categorical_crossentropy",
                "metrics": ["accuracy"],
            },
        ),
        "later": (k.Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(1)]), {"loss": "mse"}),
        "wide_and_deep": (
            k.Model([wide, deep], ends),
            {
                "optimizer": k.optimizers.Adam(0.002),
                "loss": ["mse", k.losses.BinaryCrossentropy()],
                "loss_weights": [0.9, 0.1],
                "metrics": {"main_output": ["mae", k.metrics.RootMeanSquaredError()]},
            },
        ),
        "nested": (nested, {}),
        "merging": (k.Model({"x": x, "y": y}, named), {}),
        "activations": (
            stack(
                layers.Dense(4, "selu", kernel_initializer="lecun_normal"),
                layers.Activation("elu"),
                layers.LeakyReLU(),
                layers.ReLU(max_value=6.0, negative_slope=0.1),
                layers.ELU(0.5),
                layers.PReLU(alpha_initializer=k.initializers.Constant(0.3)),
                layers.Softmax(),
            ),
            {},
        ),
        "noise": (
            stack(
                layers.GaussianNoise(0.1), layers.GaussianDropout(0.2), layers.AlphaDropout(0.3), layers.Dropout(0.4)
            ),
            {"loss": k.losses.Huber(), "optimizer": k.optimizers.RMSprop(0.01)},
        ),
        "normalization": (
            stack(
                layers.Rescaling(2.0, offset=-1.0),
                layers.BatchNormalization(momentum=0.9, epsilon=0.01, gamma_regularizer="l1"),
                layers.LayerNormalization(epsilon=0.01, center=False),
                layers.UnitNormalization(),
                layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 4.0, 9.0, 16.0]),
            ),
            {},
        ),
        "shapes": (
            stack(
                layers.Reshape((2, 2)),
                layers.Permute((2, 1)),
                layers.Flatten(),
                layers.RepeatVector(3),
                layers.Dense(2, kernel_regularizer=k.regularizers.L1L2(0.01, 0.02), activity_regularizer="l2"),
                layers.ActivityRegularization(l1=0.1),
            ),
            {},
        ),
        "categories": (stack(layers.Embedding(5, 3), layers.Flatten(), layers.Dense(1), shape=(2,)), {}),
    }


def inputs_for(name: str, model: Any) -> list[np.ndarray[Any, Any]]:
    shapes = [(3, *tensor.shape[1:]) for tensor in model.inputs]
    if name == "categories":
        return [RNG.integers(0, 5, shape).astype("float32") for shape in shapes]
    return [RNG.normal(size=shape).astype("float32") for shape in shapes]


def main(package: str) -> None:
    k = importlib.import_module(package)
    keras2 = package == "tf_keras"
    found = {}
    for name, (model, compiled) in models(k).items():
        if compiled:
            model.compile(**compiled)
        weights = [RNG.uniform(0.1, 1.0, w.shape).astype("float32") for w in model.get_weights()]
        model.set_weights(weights)
        x = inputs_for(name, model)
        given = dict(zip(("x", "y"), x, strict=True)) if name == "merging" else x if len(x) > 1 else x[0]
        y = model.predict(given, verbose=0)
        y = list(y.values()) if isinstance(y, dict) else y if isinstance(y, list | tuple) else [y]
        found[name] = {
            "config": json.loads(model.to_json()),
            "compile_config": model.get_compile_config() if compiled else None,
            "layers": [[layer.name, layer.count_params()] for layer in model.layers],
            "weights": [w.tolist() for w in weights],
            "x": [each.tolist() for each in x],
            "y": [each.tolist() for each in y],
        }
    path = Path(__file__).with_name("keras2.json" if keras2 else "keras3.json")
    path.write_text(json.dumps(found, default=float) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
