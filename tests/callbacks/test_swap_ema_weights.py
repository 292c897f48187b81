from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp.callbacks import Callback, SwapEMAWeights

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
Y = X[:, :1] * 2 - 1
FIT: dict[str, Any] = {"epochs": 3, "batch_size": 8, "shuffle": False, "verbose": 0, "validation_data": (X[:8], Y[:8])}


def model_of(module: Any, **arguments: Any) -> Any:
    model = module.Sequential([module.layers.Input(shape=(3,)), module.layers.Dense(4, "tanh"), module.layers.Dense(1)])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=weight.shape).astype("float32") for weight in model.get_weights()])
    model.compile(module.optimizers.SGD(0.1, **{"use_ema": True, "ema_momentum": 0.8, **arguments}), "mse")
    return model


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_as_in_keras(keras: Any, swap_on_epoch: bool) -> None:
    results = []
    for module in (keras, fastmlp):
        seen: list[Any] = []  # what a ModelCheckpoint behind the exchange would save
        model = model_of(module)
        looking = module.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, seen=seen, model=model: seen.extend(model.get_weights())
        )
        swap = module.callbacks.SwapEMAWeights(swap_on_epoch)
        history = model.fit(X, Y, **FIT, callbacks=[swap, looking]).history
        loss = model.evaluate(X, Y, verbose=0, callbacks=[module.callbacks.SwapEMAWeights()])
        results.append((history["loss"], history["val_loss"], loss, *seen, *model.get_weights()))
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


class Stopping(Callback):
    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.stop_training = epoch == 1


def test_a_training_that_is_stopped_ends_with_the_averages() -> None:
    stopped, short = model_of(fastmlp), model_of(fastmlp)
    stopped.fit(X, Y, **FIT, callbacks=[SwapEMAWeights(swap_on_epoch=True), Stopping()])
    short.fit(X, Y, **{**FIT, "epochs": 2})
    assert all(np.array_equal(a, b) for a, b in zip(stopped.get_weights(), short.get_weights(), strict=True))


def test_an_error_leaves_the_weights_in_the_model() -> None:
    class Failing(Callback):
        def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
            raise OSError("mine")

    model = model_of(fastmlp)
    model.train_on_batch(X, Y)
    weights = model.get_weights()
    with pytest.raises(OSError, match="mine"):
        model.evaluate(X, Y, verbose=0, callbacks=[SwapEMAWeights(), Failing()])
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True))


def test_a_prediction_is_that_of_the_averages() -> None:
    model = model_of(fastmlp)
    model.train_on_batch(X, Y)
    weights = model.get_weights()
    predicted = model.predict(X, callbacks=[SwapEMAWeights()])
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), weights, strict=True))
    model.optimizer.finalize_variable_values(model.trainable_variables)
    np.testing.assert_array_equal(predicted, model.predict(X))


def test_without_averages() -> None:
    model = model_of(fastmlp, use_ema=False)
    with pytest.raises(
        ValueError, match=r"SwapEMAWeights needs an optimizer with use_ema=True. Received: use_ema=False"
    ):
        model.fit(X, Y, **FIT, callbacks=[SwapEMAWeights()])
