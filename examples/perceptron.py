"""A perceptron tells Iris setosa from the other irises by the size of its petals.

Scikit-learn trains it; the same weights in a network of one step unit make the same predictions.
"""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import Perceptron

import fastmlp as keras

iris = load_iris()
X = iris.data[:, (2, 3)]  # petal length, petal width
y = (iris.target == 0).astype(int)  # Iris setosa?

perceptron = Perceptron().fit(X, y)
print("Accuracy:", perceptron.score(X, y))
print("Petals of 2 x 0.5 cm:", perceptron.predict([[2, 0.5]]))

unit = keras.models.Sequential([keras.layers.Dense(1, activation="step", input_shape=[2])])
unit.set_weights([perceptron.coef_.T, perceptron.intercept_])
print("As one step unit:", np.mean(unit.predict(X)[:, 0] == y))

figure = keras.plotting.decision_boundary(unit, X, y, axis_names=["petal length (cm)", "petal width (cm)"])
figure.savefig("perceptron.png")
