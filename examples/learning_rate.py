"""The learning rate: it grows from step to step until training diverges; half of that is a good one."""

from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(20)
train, valid, test = housing()

keras.utils.set_random_seed(42)
model = keras.models.Sequential(
    [keras.layers.Dense(30, activation="relu", input_shape=train.x.shape[1:]), keras.layers.Dense(1)]
)
model.compile(loss="mse", optimizer="sgd")
curve = keras.plotting.find_learning_rate(model, train.x, train.y)
curve.plot().savefig("learning_rate.png")
print(f"Training diverges at {curve.diverges:.2g}: take {curve.suggestion:.2g}")

model.optimizer.learning_rate = curve.suggestion
model.fit(train.x, train.y, epochs=EPOCHS, validation_data=valid, verbose=2)
print("Mean squared error on the test set:", model.evaluate(test.x, test.y, verbose=0))
