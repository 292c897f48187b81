"""Saving a model and restoring it: architecture, weights, and what the optimizer needs to go on."""

import numpy as np
from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(5)
train, valid, test = housing()

keras.utils.set_random_seed(42)
model = keras.models.Sequential(
    [keras.layers.Dense(30, activation="relu", input_shape=train.x.shape[1:]), keras.layers.Dense(1)]
)
model.compile(loss="mse", optimizer="adam")
model.fit(train.x, train.y, epochs=EPOCHS, validation_data=valid, verbose=2)

for name in ("my_keras_model.h5", "my_keras_model.keras"):
    model.save(name)
    restored = keras.models.load_model(name)
    print(name, "predicts the same:", np.array_equal(restored.predict(test.x), model.predict(test.x)))
    restored.fit(train.x, train.y, epochs=EPOCHS + 1, initial_epoch=EPOCHS, validation_data=valid, verbose=2)

model.save_weights("my_keras_model.weights.h5")
twin = keras.models.model_from_json(model.to_json())
twin.load_weights("my_keras_model.weights.h5")
print("From JSON and weights, the same:", np.array_equal(twin.predict(test.x), model.predict(test.x)))
