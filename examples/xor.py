"""One perceptron cannot compute exclusive OR, two layers of them can.

A hidden unit is active if both inputs are, the other if at least one is; the output, if only the second of them is.
"""

import numpy as np

import fastmlp as keras

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
y = np.array([0, 1, 1, 0])

hidden = keras.layers.Dense(2, activation="step", input_shape=[2])
output = keras.layers.Dense(1, activation="step")
model = keras.models.Sequential([hidden, output])
hidden.set_weights([[[1, 1], [1, 1]], [-1.5, -0.5]])
output.set_weights([[[-1], [1]], [-0.5]])

for inputs, predicted in zip(X, model.predict(X), strict=True):
    print(*inputs, "->", int(predicted[0]))
keras.plotting.decision_boundary(model, X, y).savefig("xor.png")
