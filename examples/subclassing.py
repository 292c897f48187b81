"""The Subclassing API: a model whose `call` says in Python what it computes."""

from typing import Any

from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(20)


class WideAndDeepModel(keras.Model):
    """The model of several_outputs.py."""

    def __init__(self, units: int = 30, activation: str = "relu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden1 = keras.layers.Dense(units, activation=activation)
        self.hidden2 = keras.layers.Dense(units, activation=activation)
        self.main_output = keras.layers.Dense(1)
        self.aux_output = keras.layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        """Return the main and the auxiliary output."""
        wide, deep = inputs
        hidden1 = self.hidden1(deep)
        hidden2 = self.hidden2(hidden1)
        concat = keras.layers.concatenate([wide, hidden2])
        return self.main_output(concat), self.aux_output(hidden2)


train, valid, test = housing()
train_x, valid_x, test_x = ((x[:, :5], x[:, 2:]) for x, _ in (train, valid, test))
keras.utils.set_random_seed(42)
model = WideAndDeepModel()
model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer="sgd")
model.fit(train_x, (train.y, train.y), epochs=EPOCHS, validation_data=(valid_x, (valid.y, valid.y)), verbose=2)
model.summary()
print("On the test set:", model.evaluate(test_x, (test.y, test.y), verbose=0))
