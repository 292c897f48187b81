"""Every hook that fit, evaluate and predict call, in order, with its number and the keys of its logs: as in Keras."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp.callbacks.callback import HOOKS

X, Y = np.ones((10, 2), np.float32), np.zeros((10, 1), np.float32)
RECORDED = [name for name in HOOKS if name not in ("on_progress", "on_batch_begin", "on_batch_end")]


def recorder(module: Any, stop: Callable[[str, int], bool] = lambda name, number: False) -> Any:
    """Return a callback with a log of what it is told; it stops the training where `stop` says so."""

    class Recorder(module.callbacks.Callback):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.log: list[Any] = []

        def set_model(self, model: Any) -> None:
            super().set_model(model)
            self.log.append("set_model")

        def set_params(self, params: Any) -> None:
            super().set_params(params)
            self.log.append(("set_params", params))

        def record(self, name: str, *arguments: Any, logs: Any = None) -> None:
            *numbers, logs = (*arguments, logs) if logs is not None else arguments
            self.log.append((name, *numbers, sorted(logs)))
            if stop(name, *numbers or [0]):
                self.model.stop_training = True

    for name in RECORDED:
        setattr(Recorder, name, lambda self, *args, name=name, **logs: self.record(name, *args, **logs))
    return Recorder()


def model_of(module: Any) -> Any:
    model = module.Sequential([module.layers.Input(shape=(2,)), module.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    model.run_eagerly = module is not fastmlp  # Keras need not compile for so few rows
    return model


def assert_same(keras: Any, use: Callable[[Any, Any], object], stop: Any = lambda name, number: False) -> None:
    logs = []
    for module in (keras, fastmlp):
        callback = recorder(module, stop)
        use(model_of(module), [callback])
        logs.append(callback.log)
    theirs, ours = logs
    assert len(ours) > 3
    assert ours == theirs


FITS: dict[str, dict[str, Any]] = {
    "plain": {"epochs": 2},
    "with validation": {"epochs": 2, "validation_data": (X, Y)},
    "with a share for validation": {"epochs": 2, "validation_split": 0.4, "validation_batch_size": 3},
    "with few steps of validation": {"validation_data": (X, Y), "validation_steps": 2},
    "validated every second epoch": {"epochs": 3, "validation_data": (X, Y), "validation_freq": 2},
    "validated after some epochs": {"epochs": 3, "validation_data": (X, Y), "validation_freq": [1, 3]},
    "from a later epoch": {"initial_epoch": 2, "epochs": 4},
    "no epoch": {"initial_epoch": 2, "epochs": 2},
    "in a short epoch": {"steps_per_epoch": 2},
}


@pytest.mark.parametrize("name", FITS)
def test_fit(keras: Any, name: str) -> None:
    assert_same(keras, lambda model, callbacks: model.fit(X, Y, 4, verbose=0, callbacks=callbacks, **FITS[name]))


STOPS = {
    "in a batch": ("on_train_batch_end", 1),
    "before a batch": ("on_train_batch_begin", 1),
    "before training": ("on_train_begin", 0),
    "before an epoch": ("on_epoch_begin", 1),
    "after an epoch": ("on_epoch_end", 1),
    "in a validation": ("on_test_batch_end", 1),
    "before a validation": ("on_test_begin", 0),
}


@pytest.mark.parametrize("name", STOPS)
def test_fit_that_is_stopped(keras: Any, name: str) -> None:
    assert_same(
        keras,
        lambda model, callbacks: model.fit(
            X, Y, 4, epochs=4, verbose=0, callbacks=callbacks, validation_data=(X, Y), validation_batch_size=5
        ),
        lambda *moment: moment == STOPS[name],
    )


def test_evaluate(keras: Any) -> None:
    assert_same(keras, lambda model, callbacks: model.evaluate(X, Y, 4, verbose=0, callbacks=callbacks))
    assert_same(keras, lambda model, callbacks: model.evaluate(X, Y, 3, steps=2, verbose=0, callbacks=callbacks))


def test_predict(keras: Any) -> None:
    assert_same(keras, lambda model, callbacks: model.predict(X, 4, verbose=0, callbacks=callbacks))


def test_a_callback_is_used_again_and_again(keras: Any) -> None:
    def use(model: Any, callbacks: Any) -> None:
        model.fit(X, Y, verbose=0, callbacks=callbacks)
        model.evaluate(X, Y, verbose=0, callbacks=callbacks)
        model.predict(X, verbose=0, callbacks=callbacks)
        model.fit(X, Y, verbose=0, callbacks=callbacks)

    assert_same(keras, use)


def test_single_batches_have_no_hooks(keras: Any) -> None:
    def use(model: Any, callbacks: Any) -> None:
        model.fit(X, Y, verbose=0, callbacks=callbacks)
        model.train_on_batch(X, Y)
        model.test_on_batch(X, Y)
        model.predict_on_batch(X)

    assert_same(keras, use)


def test_what_a_callback_adds_to_the_logs_the_next_one_and_the_history_see(keras: Any) -> None:
    seen = []
    for module in (keras, fastmlp):

        class Adding(module.callbacks.Callback):  # type: ignore[misc, name-defined]
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                logs["mine"] = 7.0

        callback = recorder(module)
        history = model_of(module).fit(X, Y, verbose=0, callbacks=[Adding(), callback])
        ends = [entry for entry in callback.log if entry[0] == "on_epoch_end"]
        seen.append((ends, sorted(history.history), history.history["mine"]))
    assert seen[0] == seen[1]


def test_a_list_drives_a_loop_of_ones_own(keras: Any) -> None:
    def use(model: Any, callbacks: Any) -> None:
        module = keras if isinstance(model, keras.Model) else fastmlp
        hooks = module.callbacks.CallbackList(callbacks, add_history=True, model=model, epochs=1, steps=1)
        hooks.on_train_begin()
        hooks.on_epoch_begin(0)
        hooks.on_train_batch_begin(0)
        hooks.on_train_batch_end(0, logs={"loss": 1.0})
        hooks.on_test_begin()
        hooks.on_test_batch_begin(0)
        hooks.on_test_batch_end(0)
        hooks.on_test_end({"loss": 2.0})
        hooks.on_epoch_end(0, {"loss": 3.0})
        hooks.on_train_end()
        hooks.on_predict_begin()
        hooks.on_predict_batch_begin(0)
        hooks.on_predict_batch_end(0, {"outputs": X})
        hooks.on_predict_end()
        assert model.history.history == {"loss": [3.0]}

    assert_same(keras, use)
