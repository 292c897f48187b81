"""A regression with the Sequential API: house prices in California, one output without an activation function."""

from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(20)
train, valid, test = housing()

keras.utils.set_random_seed(42)
model = keras.models.Sequential(
    [
        keras.layers.Dense(30, activation="relu", input_shape=train.x.shape[1:]),
        keras.layers.Dense(1),
    ]
)
model.compile(loss="mean_squared_error", optimizer="sgd")
history = model.fit(train.x, train.y, epochs=EPOCHS, validation_data=valid, verbose=2)
print("Mean squared error on the test set:", model.evaluate(test.x, test.y, verbose=0))
print("Predictions:", model.predict(test.x[:3]).ravel(), "Prices:", test.y[:3])
keras.plotting.learning_curves(history).savefig("regression.png")
