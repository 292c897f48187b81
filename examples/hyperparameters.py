"""Hyperparameters: scikit-learn's randomized search over depth, width and learning rate of a network."""

from typing import Any

import numpy as np
from _shared import epochs, housing
from scipy.stats import reciprocal
from sklearn.model_selection import RandomizedSearchCV

import fastmlp as keras

EPOCHS = epochs(100)


def build_model(n_hidden: int = 1, n_neurons: int = 30, learning_rate: float = 3e-3, input_shape: Any = (8,)) -> Any:
    """Return a compiled model."""
    model = keras.models.Sequential()
    model.add(keras.layers.InputLayer(input_shape=input_shape))
    for _ in range(n_hidden):
        model.add(keras.layers.Dense(n_neurons, activation="relu"))
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=learning_rate))
    return model


train, valid, test = housing()
keras.utils.set_random_seed(42)
param_distribs = {
    "n_hidden": [0, 1, 2, 3],
    "n_neurons": np.arange(1, 100),
    "learning_rate": reciprocal(3e-4, 3e-2),
}
keras_reg = keras.wrappers.scikit_learn.KerasRegressor(build_model, verbose=0)
search = RandomizedSearchCV(keras_reg, param_distribs, n_iter=10, cv=3, random_state=42, verbose=1)
early_stopping_cb = keras.callbacks.EarlyStopping(patience=10)
search.fit(train.x, train.y, epochs=EPOCHS, validation_data=valid, callbacks=[early_stopping_cb])

print("Best parameters:", search.best_params_)
print("Best score, the negative mean squared error:", search.best_score_)
print("Mean squared error on the test set:", search.best_estimator_.model.evaluate(test.x, test.y, verbose=0))
