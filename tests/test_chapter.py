"""The textbook chapter's cells, as a reader types them after `import fastmlp as keras`, and what its text claims."""

import os
import re
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastmlp as keras

matplotlib = pytest.importorskip("matplotlib")
pytest.importorskip("pandas")
pytest.importorskip("sklearn")
matplotlib.use("Agg")


def run(cells: str, names: dict[str, Any]) -> None:
    """Run cells in one namespace, as a notebook does; `expression == ...` lines are the chapter's outputs."""
    exec(compile(textwrap.dedent(cells), "<chapter>", "exec"), names)


@pytest.fixture(scope="module")
def fashion() -> dict[str, Any]:
    folder = Path(os.environ.get("FASTMLP_HOME", Path.home() / ".fastmlp"), "datasets", "fashion-mnist")
    if not folder.is_dir():
        pytest.skip(f"needs the four files of Fashion-MNIST in {folder}")
    keras.utils.clear_session()
    keras.utils.set_random_seed(42)
    names: dict[str, Any] = {"keras": keras, "np": np}
    run(
        """
        fashion_mnist = keras.datasets.fashion_mnist
        (X_train_full, y_train_full), (X_test, y_test) = fashion_mnist.load_data()
        shape_and_dtype = X_train_full.shape, X_train_full.dtype

        X_valid, X_train = X_train_full[:5000] / 255.0, X_train_full[5000:] / 255.0
        y_valid, y_train = y_train_full[:5000], y_train_full[5000:]
        X_test = X_test / 255.0

        class_names = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                       "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]

        model = keras.models.Sequential()
        model.add(keras.layers.Flatten(input_shape=[28, 28]))
        model.add(keras.layers.Dense(300, activation="relu"))
        model.add(keras.layers.Dense(100, activation="relu"))
        model.add(keras.layers.Dense(10, activation="softmax"))

        keras.utils.clear_session()
        model = keras.models.Sequential([
            keras.layers.Flatten(input_shape=[28, 28]),
            keras.layers.Dense(300, activation="relu"),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(10, activation="softmax")
        ])
        """,
        names,
    )
    return names


def test_fashion_mnist_is_as_the_chapter_shows_it(fashion: dict[str, Any]) -> None:
    assert fashion["shape_and_dtype"] == ((60000, 28, 28), np.dtype("uint8"))
    assert fashion["class_names"][fashion["y_train"][0]] == "Coat"


def test_the_summary_is_the_chapters(fashion: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    run("model.summary()", fashion)
    assert capsys.readouterr().out == textwrap.dedent("""\
        Model: "sequential"
        _________________________________________________________________
        Layer (type)                 Output Shape              Param #
        =================================================================
        flatten (Flatten)            (None, 784)               0
        _________________________________________________________________
        dense (Dense)                (None, 300)               235500
        _________________________________________________________________
        dense_1 (Dense)              (None, 100)               30100
        _________________________________________________________________
        dense_2 (Dense)              (None, 10)                1010
        =================================================================
        Total params: 266,610
        Trainable params: 266,610
        Non-trainable params: 0
        _________________________________________________________________
        """)


def test_layers_and_their_weights(fashion: dict[str, Any]) -> None:
    run(
        """
        hidden1 = model.layers[1]
        hidden1.name
        weights, biases = hidden1.get_weights()
        """,
        fashion,
    )
    assert fashion["hidden1"].name == "dense"
    assert fashion["model"].get_layer("dense") is fashion["hidden1"]
    assert fashion["weights"].shape == (784, 300)
    assert fashion["biases"].shape == (300,)
    assert np.std(fashion["weights"]) > 0
    assert not fashion["biases"].any()


def test_the_image_classifier_learns_as_the_chapter_says(
    fashion: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        """
        model.compile(loss="sparse_categorical_crossentropy",
                      optimizer="sgd",
                      metrics=["accuracy"])
        history = model.fit(X_train, y_train, epochs=30,
                            validation_data=(X_valid, y_valid))
        """,
        fashion,
    )
    printed = capsys.readouterr().out
    assert printed.startswith("Train on 55000 samples, validate on 5000 samples\nEpoch 1/30\n")
    numbers = r"loss: \d\.\d{4} - accuracy: \d\.\d{4} - val_loss: \d\.\d{4} - val_accuracy: \d\.\d{4}"
    assert len(re.findall(rf"^55000/55000 .*{numbers}$", printed, re.MULTILINE)) == 30
    assert "Epoch 30/30" in printed

    history = fashion["history"]
    assert history.epoch == list(range(30))
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.history["accuracy"][0] == pytest.approx(0.766, abs=0.03)
    assert history.history["accuracy"][-1] == pytest.approx(0.919, abs=0.01)
    assert history.history["val_accuracy"][-1] == pytest.approx(0.8926, abs=0.012)
    assert history.history["loss"][-1] < history.history["loss"][0]

    run("result = model.evaluate(X_test, y_test)", fashion)
    loss, accuracy = fashion["result"]
    assert loss == pytest.approx(0.334, abs=0.03)
    assert accuracy == pytest.approx(0.8851, abs=0.012)

    run(
        """
        import pandas as pd
        import matplotlib.pyplot as plt

        pd.DataFrame(history.history).plot(figsize=(8, 5))
        plt.grid(True)
        plt.gca().set_ylim(0, 1)
        plt.close("all")

        X_new = X_test[:3]
        y_proba = model.predict(X_new)
        y_pred = model.predict_classes(X_new)
        """,
        fashion,
    )
    assert fashion["y_proba"].shape == (3, 10)
    assert fashion["y_proba"].dtype == np.float32
    assert fashion["y_proba"].round(2)[2].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert fashion["y_pred"].tolist() == [9, 2, 1]
    names = np.array(fashion["class_names"])[fashion["y_pred"]]
    assert names.tolist() == ["Ankle boot", "Pullover", "Trouser"]


def test_the_regression_mlp() -> None:
    from sklearn.datasets import fetch_california_housing

    try:
        fetch_california_housing(download_if_missing=False)
    except OSError as error:
        pytest.skip(f"needs California housing in scikit-learn's data folder: {error}")
    keras.utils.set_random_seed(42)
    names: dict[str, Any] = {"keras": keras, "np": np}
    run(
        """
        from sklearn.datasets import fetch_california_housing
        from sklearn.model_selection import train_test_split
        from sklearn.preprocessing import StandardScaler

        housing = fetch_california_housing()

        X_train_full, X_test, y_train_full, y_test = train_test_split(
            housing.data, housing.target)
        X_train, X_valid, y_train, y_valid = train_test_split(
            X_train_full, y_train_full)

        scaler = StandardScaler()
        X_train = scaler.fit_transform(X_train)
        X_valid = scaler.transform(X_valid)
        X_test = scaler.transform(X_test)

        model = keras.models.Sequential([
            keras.layers.Dense(30, activation="relu", input_shape=X_train.shape[1:]),
            keras.layers.Dense(1)
        ])
        model.compile(loss="mean_squared_error", optimizer="sgd")
        history = model.fit(X_train, y_train, epochs=20,
                            validation_data=(X_valid, y_valid))
        mse_test = model.evaluate(X_test, y_test)
        X_new = X_test[:3]
        y_pred = model.predict(X_new)
        """,
        names,
    )
    assert names["y_pred"].shape == (3, 1)
    assert isinstance(names["mse_test"], float)
    assert names["mse_test"] < 0.6  # the variance of the prices is 1.33
    assert names["history"].history["loss"][-1] < 0.5
