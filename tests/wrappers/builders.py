"""Build functions that worker processes and pickles can import."""

from typing import Any

import fastmlp as keras


def regressor(n_hidden: int = 1, n_neurons: int = 30, learning_rate: float = 3e-3, input_shape: Any = (8,)) -> Any:
    """The chapter's."""
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(input_shape=input_shape))
    for _ in range(n_hidden):
        model.add(keras.layers.Dense(n_neurons, activation="relu"))
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=learning_rate))
    return model


def fitting_regressor(meta: dict[str, Any]) -> Any:
    """For targets of any shape, in scikit-learn's precision."""
    return keras.Sequential(
        [
            keras.layers.Dense(20, activation="relu", dtype="float64"),
            keras.layers.Dense(meta["n_outputs_"], dtype="float64"),
        ]
    )


def fitting_classifier(meta: dict[str, Any], compile_kwargs: dict[str, Any], units: int = 20) -> Any:
    """For any number of classes."""
    classes, kind = meta["n_classes_"], meta["target_type_"]
    last, loss = {
        "binary": (keras.layers.Dense(1, activation="sigmoid"), "binary_crossentropy"),
        "multilabel-indicator": (keras.layers.Dense(classes, activation="sigmoid"), "binary_crossentropy"),
    }.get(kind, (keras.layers.Dense(classes, activation="softmax"), "categorical_crossentropy"))
    model = keras.Sequential([keras.layers.Dense(units, activation="relu"), last])
    model.compile(**{"loss": loss, **compile_kwargs})
    return model


def softmax_classifier(loss: Any = "sparse_categorical_crossentropy", last: str = "softmax", units: int = 3) -> Any:
    """Compiled by itself."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(units, activation=last),
        ]
    )
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.02), metrics=["accuracy"])
    return model


def uncompiled(units: int = 5) -> Any:
    return keras.Sequential([keras.layers.Dense(units, activation="relu"), keras.layers.Dense(1)])


def built_with(compile_kwargs: dict[str, Any], units: int = 5) -> Any:
    """Compiled with what the wrapper was given."""
    model = uncompiled(units)
    model.compile(**compile_kwargs)
    return model


class Remembering(keras.callbacks.Callback):
    """Remembers epochs, and would go on to remember those of others."""

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.epochs: list[int] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epochs.append(epoch)
