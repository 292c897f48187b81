"""Models for every Keras, and what they are trained with: files of them go from one to the other."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

BATCH = 8
X = (np.sin(np.arange(40 * 6) * 0.7) + np.cos(np.arange(40 * 6) ** 2 * 0.1)).reshape(40, 6).astype(np.float32)
Y = np.stack([X[:, 0] * X[:, 1], np.tanh(X[:, 2] - X[:, 3]), X[:, 4] ** 2], axis=1).astype(np.float32)
LABELS = Y.argmax(axis=1)


def sequential(k: Any) -> Any:
    layers = [
        k.layers.Dense(7, activation="relu", input_shape=(6,)),
        k.layers.Dense(5, activation="tanh", kernel_initializer="he_normal", use_bias=False),
        k.layers.Dense(3, activation="softmax"),
    ]
    model = k.Sequential(layers)
    model.compile(
        optimizer=k.optimizers.SGD(learning_rate=0.1, momentum=0.9, nesterov=True),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def normalized(k: Any) -> Any:
    inputs = k.Input((6,))
    hidden = k.layers.BatchNormalization(momentum=0.8)(k.layers.Dense(5)(inputs))
    hidden = k.layers.Dropout(0.0)(k.layers.Activation("relu")(hidden))
    model = k.Model(inputs, k.layers.Dense(3)(k.layers.BatchNormalization()(hidden)))
    model.compile(optimizer=k.optimizers.RMSprop(learning_rate=0.01, rho=0.8), loss="mse", metrics=["mae"])
    return model


def two_outputs(k: Any) -> Any:
    wide, deep = k.Input((2,), name="wide_input"), k.Input((4,), name="deep_input")
    hidden = k.layers.Dense(5, activation="relu")(k.layers.Dense(5, activation="relu")(deep))
    main = k.layers.Dense(1, name="main_output")(k.layers.Concatenate()([wide, hidden]))
    aux = k.layers.Dense(1, name="aux_output")(hidden)
    model = k.Model(inputs=[wide, deep], outputs=[main, aux])
    model.compile(optimizer=k.optimizers.Adam(learning_rate=0.01), loss=["mse", "mae"], loss_weights=[0.9, 0.1])
    return model


def nested(k: Any) -> Any:
    """A model in a model, and a layer and a model that are called twice."""
    shared = k.layers.Dense(3, activation="sigmoid", name="shared")
    inner_input = k.Input((3,))
    inner = k.Model(inner_input, k.layers.Dense(3, activation="tanh")(k.layers.Dense(4)(inner_input)), name="inner")
    block = k.Sequential([k.Input((3,)), k.layers.Dense(2), k.layers.Dense(3)], name="block")
    left, right = k.Input((3,)), k.Input((3,))
    both = k.layers.Add()([inner(shared(left)), inner(block(shared(right)))])
    model = k.Model([left, right], k.layers.Dense(3)(both))
    model.compile(optimizer=k.optimizers.Adam(learning_rate=0.01, beta_1=0.8, epsilon=1e-6), loss="mse")
    return model


MODELS: dict[str, Callable[[Any], Any]] = {
    each.__name__: each for each in (sequential, normalized, two_outputs, nested)
}
_INPUTS = {"two_outputs": [X[:, :2], X[:, 2:]], "nested": [X[:, :3], X[:, 3:]]}
_TARGETS = {"sequential": LABELS, "two_outputs": [Y[:, :1], Y[:, 1:2]]}


def train(name: str, model: Any, epochs: int = 1) -> Any:
    """Train a model of that name."""
    return model.fit(
        _INPUTS.get(name, X), _TARGETS.get(name, Y), batch_size=BATCH, epochs=epochs, shuffle=False, verbose=0
    )


def outputs(name: str, model: Any) -> Iterator[np.ndarray]:
    """Return what a model of that name predicts."""
    predicted = model.predict(_INPUTS.get(name, X), verbose=0)
    return iter(predicted if isinstance(predicted, list) else [predicted])


def assert_same(name: str, model: Any, other: Any, tolerance: float = 1e-6) -> None:
    """Assert that two models predict the same."""
    for mine, yours in zip(outputs(name, model), outputs(name, other), strict=True):
        assert np.abs(mine - yours).max() <= tolerance * max(1, np.abs(yours).max())
