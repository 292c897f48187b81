"""The learning rate: it grows from step to step until training diverges; half of that is a good one."""

from _shared import epochs
from sklearn.datasets import load_digits

import fastmlp as keras

EPOCHS = epochs(20)
digits = load_digits()
X, y = digits.images / 16, digits.target

keras.utils.set_random_seed(42)
model = keras.models.Sequential(
    [
        keras.layers.Flatten(input_shape=[8, 8]),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(50, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
curve = keras.plotting.find_learning_rate(model, X[300:], y[300:])
curve.plot().savefig("learning_rate.png")
print(f"Training diverges at {curve.diverges:.2g}: take {curve.suggestion:.2g}")

model.optimizer.learning_rate = curve.suggestion
model.fit(X[300:], y[300:], epochs=EPOCHS, validation_data=(X[:300], y[:300]), verbose=2)
