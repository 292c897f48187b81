"""A classifier of images with the Sequential API: Fashion-MNIST, or scikit-learn's digits where that cannot be had."""

import sys

import numpy as np
from _shared import epochs

import fastmlp as keras

NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
EPOCHS = epochs(30)


def load() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray], list[str]]:
    """Return images from 0 to 1 and labels, to train on and to test with, and the names of the classes."""
    try:
        (images, labels), (test_images, test_labels) = keras.datasets.fashion_mnist.load_data()
    except OSError as error:
        from sklearn.datasets import load_digits

        print(error, "Taking scikit-learn's digits instead.", sep="\n", file=sys.stderr)
        digits = load_digits()
        images, labels = digits.images / 16, digits.target
        return (images[300:], labels[300:]), (images[:300], labels[:300]), list("0123456789")
    return (images / 255.0, labels), (test_images / 255.0, test_labels), NAMES


(X, y), (X_test, y_test), class_names = load()
keras.utils.set_random_seed(42)
model = keras.models.Sequential(
    [
        keras.layers.Flatten(input_shape=X.shape[1:]),
        keras.layers.Dense(300, activation="relu"),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.summary()
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd", metrics=["accuracy"])
history = model.fit(X, y, epochs=EPOCHS, validation_split=1 / 12, verbose=2)
print("Test:", model.evaluate(X_test, y_test, verbose=0))

keras.plotting.learning_curves(history).savefig("learning_curves.png")
keras.plotting.sample_images(X[:40], y[:40], class_names=class_names).savefig("samples.png")
predicted = model.predict(X_test[:40])
keras.plotting.sample_images(X_test[:40], y_test[:40], predicted, class_names).savefig("predictions.png")
