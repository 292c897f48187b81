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
    """Run cells in one namespace, as a notebook does."""
    names.setdefault("__name__", "__main__")
    exec(compile(textwrap.dedent(cells), "<chapter>", "exec"), names)


def test_the_perceptron(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(np, "int", int, raising=False)  # NumPy has removed it since
    names: dict[str, Any] = {}
    run(
        """
        import numpy as np
        from sklearn.datasets import load_iris
        from sklearn.linear_model import Perceptron

        iris = load_iris()
        X = iris.data[:, (2, 3)]  # petal length, petal width
        y = (iris.target == 0).astype(np.int)  # Iris setosa?

        per_clf = Perceptron()
        per_clf.fit(X, y)

        y_pred = per_clf.predict([[2, 0.5]])
        """,
        names,
    )
    assert names["y_pred"].shape == (1,)
    assert names["per_clf"].score(names["X"], names["y"]) == 1  # a line divides the setosas from the others
    run(
        """
        from sklearn.linear_model import SGDClassifier

        sgd_clf = SGDClassifier(loss="perceptron", learning_rate="constant", eta0=1, penalty=None, random_state=0)
        sgd_clf.fit(X, y)
        """,
        names,
    )
    np.testing.assert_allclose(names["sgd_clf"].coef_, names["per_clf"].coef_)


def test_the_version_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    run("print(keras.__version__)", {"keras": keras})
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


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


@pytest.fixture(scope="module")
def housing() -> dict[str, Any]:
    """Return the names that the cell which loads California housing leaves behind."""
    from sklearn.datasets import fetch_california_housing

    try:
        fetch_california_housing(download_if_missing=False)
    except OSError as error:
        pytest.skip(f"needs California housing in scikit-learn's data folder: {error}")
    np.random.seed(42)  # noqa: NPY002  what the chapter's calls of scikit-learn draw from
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
        """,
        names,
    )
    return names


@pytest.fixture
def names(housing: dict[str, Any]) -> dict[str, Any]:
    keras.utils.set_random_seed(42)
    return dict(housing)


@pytest.fixture
def regression(names: dict[str, Any]) -> dict[str, Any]:
    """Return the names of the section on regression: its data, and `model`, trained for 20 epochs."""
    run(
        """
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
    return names


def test_the_regression_mlp(regression: dict[str, Any]) -> None:
    assert regression["y_pred"].shape == (3, 1)
    assert isinstance(regression["mse_test"], float)
    assert regression["mse_test"] < 0.6  # the variance of the prices is 1.33
    assert list(regression["history"].history) == ["loss", "val_loss"]
    assert regression["history"].history["loss"][-1] < 0.5


def test_the_wide_and_deep_network(names: dict[str, Any]) -> None:
    run(
        """
        input_ = keras.layers.Input(shape=X_train.shape[1:])
        hidden1 = keras.layers.Dense(30, activation="relu")(input_)
        hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
        concat = keras.layers.Concatenate()([input_, hidden2])
        output = keras.layers.Dense(1)(concat)
        model = keras.Model(inputs=[input_], outputs=[output])

        model.compile(loss="mean_squared_error", optimizer="sgd")
        history = model.fit(X_train, y_train, epochs=20,
                            validation_data=(X_valid, y_valid))
        mse_test = model.evaluate(X_test, y_test)
        y_pred = model.predict(X_test[:3])
        """,
        names,
    )
    assert names["concat"].shape == (None, 38)  # the 8 features and the 30 units
    assert names["y_pred"].shape == (3, 1)
    assert names["mse_test"] < 0.6


TWO_INPUTS = """
    input_A = keras.layers.Input(shape=[5], name="wide_input")
    input_B = keras.layers.Input(shape=[6], name="deep_input")
    hidden1 = keras.layers.Dense(30, activation="relu")(input_B)
    hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
    concat = keras.layers.concatenate([input_A, hidden2])
    output = keras.layers.Dense(1, name="output")(concat)
    model = keras.Model(inputs=[input_A, input_B], outputs=[output])
    """
THEIR_DATA = """
    X_train_A, X_train_B = X_train[:, :5], X_train[:, 2:]
    X_valid_A, X_valid_B = X_valid[:, :5], X_valid[:, 2:]
    X_test_A, X_test_B = X_test[:, :5], X_test[:, 2:]
    X_new_A, X_new_B = X_test_A[:3], X_test_B[:3]
    """


def test_several_inputs(names: dict[str, Any]) -> None:
    run(TWO_INPUTS, names)
    run('model.compile(loss="mse", optimizer=keras.optimizers.SGD(lr=1e-3))', names)
    run(THEIR_DATA, names)
    run(
        """
        history = model.fit((X_train_A, X_train_B), y_train, epochs=20,
                            validation_data=((X_valid_A, X_valid_B), y_valid))
        mse_test = model.evaluate((X_test_A, X_test_B), y_test)
        y_pred = model.predict((X_new_A, X_new_B))
        """,
        names,
    )
    assert float(names["model"].optimizer.learning_rate) == pytest.approx(1e-3)
    assert names["model"].input_names == ["wide_input", "deep_input"]
    assert list(names["history"].history) == ["loss", "val_loss"]
    assert names["history"].history["loss"][-1] < names["history"].history["loss"][0]
    assert names["mse_test"] < 0.8
    assert names["y_pred"].shape == (3, 1)


def test_several_outputs(names: dict[str, Any]) -> None:
    run(TWO_INPUTS, names)
    run(THEIR_DATA, names)
    run(
        """
        # Same as above, up to the main output layer
        output = keras.layers.Dense(1, name="main_output")(concat)
        aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
        model = keras.Model(inputs=[input_A, input_B], outputs=[output, aux_output])

        model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer="sgd")

        history = model.fit(
            [X_train_A, X_train_B], [y_train, y_train], epochs=20,
            validation_data=([X_valid_A, X_valid_B], [y_valid, y_valid]))
        """,
        names,
    )
    history = {key: np.array(values) for key, values in names["history"].history.items()}
    losses = ["loss", "main_output_loss", "aux_output_loss"]
    assert list(history) == losses + [f"val_{key}" for key in losses]
    for prefix in ("", "val_"):
        main, aux = history[f"{prefix}main_output_loss"], history[f"{prefix}aux_output_loss"]
        np.testing.assert_allclose(history[f"{prefix}loss"], 0.9 * main + 0.1 * aux, rtol=1e-5)
    assert history["val_main_output_loss"][-1] < 0.6
    assert history["val_main_output_loss"][-1] < history["val_aux_output_loss"][-1]


def test_the_subclass(names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    run(THEIR_DATA, names)
    run(
        """
        class WideAndDeepModel(keras.Model):
            def __init__(self, units=30, activation="relu", **kwargs):
                super().__init__(**kwargs)
                self.hidden1 = keras.layers.Dense(units, activation=activation)
                self.hidden2 = keras.layers.Dense(units, activation=activation)
                self.main_output = keras.layers.Dense(1)
                self.aux_output = keras.layers.Dense(1)

            def call(self, inputs):
                input_A, input_B = inputs
                hidden1 = self.hidden1(input_B)
                hidden2 = self.hidden2(hidden1)
                concat = keras.layers.concatenate([input_A, hidden2])
                main_output = self.main_output(concat)
                aux_output = self.aux_output(hidden2)
                return main_output, aux_output

        model = WideAndDeepModel()

        model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer="sgd")
        history = model.fit(
            (X_train_A, X_train_B), (y_train, y_train), epochs=20,
            validation_data=((X_valid_A, X_valid_B), (y_valid, y_valid)), verbose=0)
        y_main, y_aux = model.predict((X_new_A, X_new_B))
        model.summary()
        """,
        names,
    )
    model, history = names["model"], names["history"].history
    assert history["val_loss"][-1] < 0.6
    assert names["y_main"].shape == names["y_aux"].shape == (3, 1)
    layers = ["hidden1", "hidden2", "main_output", "aux_output"]
    assert model.layers == [getattr(model, name) for name in layers]
    assert [weights.shape for weights in model.get_weights()] == [
        (6, 30), (30,), (30, 30), (30,), (35, 1), (1,), (30, 1), (1,),
    ]  # fmt: skip
    printed = capsys.readouterr().out
    assert 'Model: "wide_and_deep_model"' in printed
    assert all(layer.name in printed for layer in model.layers)
    assert "Total params: 1,207" in printed


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_saving_and_restoring(regression: dict[str, Any], in_folder: Path) -> None:
    run('model.save("my_keras_model.h5")', regression)
    before = regression["model"]
    run('model = keras.models.load_model("my_keras_model.h5")', regression)
    after = regression["model"]
    assert after is not before
    np.testing.assert_array_equal(after.predict(regression["X_test"]), before.predict(regression["X_test"]))
    assert after.optimizer.iterations == before.optimizer.iterations
    settings = [{**model.optimizer.get_config(), "name": "sgd"} for model in (before, after)]
    assert settings[0] == settings[1]
    assert after.evaluate(regression["X_test"], regression["y_test"], verbose=0) == regression["mse_test"]


def test_the_checkpoint(regression: dict[str, Any], in_folder: Path) -> None:
    run(
        """
        checkpoint_cb = keras.callbacks.ModelCheckpoint("my_keras_model.h5")
        history = model.fit(X_train, y_train, epochs=10, callbacks=[checkpoint_cb])
        """,
        regression,
    )
    saved = keras.models.load_model("my_keras_model.h5")
    for read, trained in zip(saved.get_weights(), regression["model"].get_weights(), strict=True):
        np.testing.assert_array_equal(read, trained)


def test_early_stopping_rolls_back(regression: dict[str, Any], in_folder: Path) -> None:
    regression["model"].optimizer.learning_rate = 0.05  # at the chapter's 0.01, 100 epochs may be too few to stop
    run(
        """
        checkpoint_cb = keras.callbacks.ModelCheckpoint("my_keras_model.h5",
                                                        save_best_only=True)
        early_stopping_cb = keras.callbacks.EarlyStopping(patience=10,
                                                          restore_best_weights=True)
        history = model.fit(X_train, y_train, epochs=100,
                            validation_data=(X_valid, y_valid),
                            callbacks=[checkpoint_cb, early_stopping_cb])
        """,
        regression,
    )
    losses = regression["history"].history["val_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == min(100, best + 11)
    validation = regression["X_valid"], regression["y_valid"]
    assert regression["model"].evaluate(*validation, verbose=0) == losses[best]
    saved = keras.models.load_model("my_keras_model.h5")
    assert saved.evaluate(*validation, verbose=0) == losses[best]


def test_tensorboard(regression: dict[str, Any], in_folder: Path) -> None:
    pytest.importorskip("tensorboard")
    run(
        """
        import os

        root_logdir = os.path.join(os.curdir, "my_logs")

        def get_run_logdir():
            import time
            run_id = time.strftime("run_%Y_%m_%d-%H_%M_%S")
            return os.path.join(root_logdir, run_id)

        run_logdir = get_run_logdir()

        tensorboard_cb = keras.callbacks.TensorBoard(run_logdir)
        history = model.fit(X_train, y_train, epochs=30,
                            validation_data=(X_valid, y_valid),
                            callbacks=[tensorboard_cb])
        """,
        regression,
    )
    (logs,) = (in_folder / "my_logs").glob("run_*")
    for part in ("train", "validation"):
        assert list((logs / part).glob("events.out.tfevents.*"))
    # The magics, `%load_ext tensorboard` and `%tensorboard --logdir=./my_logs --port=6006`, start the server on that
    # folder, which tests/callbacks/test_tensorboard_server.py does; this is how the server reads it.
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.util.tensor_util import make_ndarray

    server = EventMultiplexer().AddRunsFromDirectory("./my_logs")
    server.Reload()
    assert set(server.Runs()) == {f"{logs.name}/train", f"{logs.name}/validation"}
    for part, key in (("train", "loss"), ("validation", "val_loss")):
        curve = [float(make_ndarray(e.tensor_proto)) for e in server.Tensors(f"{logs.name}/{part}", "epoch_loss")]
        np.testing.assert_allclose(curve, regression["history"].history[key], rtol=1e-6)


def test_the_randomized_search(names: dict[str, Any]) -> None:
    run(
        """
        def build_model(n_hidden=1, n_neurons=30, learning_rate=3e-3, input_shape=[8]):
            model = keras.models.Sequential()
            model.add(keras.layers.InputLayer(input_shape=input_shape))
            for layer in range(n_hidden):
                model.add(keras.layers.Dense(n_neurons, activation="relu"))
            model.add(keras.layers.Dense(1))
            optimizer = keras.optimizers.SGD(lr=learning_rate)
            model.compile(loss="mse", optimizer=optimizer)
            return model

        keras_reg = keras.wrappers.scikit_learn.KerasRegressor(build_model)

        from scipy.stats import reciprocal
        from sklearn.model_selection import RandomizedSearchCV

        param_distribs = {
            "n_hidden": [0, 1, 2, 3],
            "n_neurons": np.arange(1, 100),
            "learning_rate": reciprocal(3e-4, 3e-2),
        }

        rnd_search_cv = RandomizedSearchCV(keras_reg, param_distribs, n_iter=10, cv=3)
        rnd_search_cv.fit(X_train, y_train, epochs=2,
                          validation_data=(X_valid, y_valid),
                          callbacks=[keras.callbacks.EarlyStopping(patience=10)])

        best_params = rnd_search_cv.best_params_
        best_score = rnd_search_cv.best_score_
        model = rnd_search_cv.best_estimator_.model
        """,
        names,
    )
    assert list(names["best_params"]) == ["learning_rate", "n_hidden", "n_neurons"]
    assert -1.3 < names["best_score"] < 0  # the negative mean squared error; the variance of the prices is 1.33
    assert isinstance(names["model"], keras.Model)
    assert names["model"].predict(names["X_test"][:3]).shape == (3, 1)
    assert len(names["model"].layers) == names["best_params"]["n_hidden"] + 1
    assert float(names["model"].optimizer.learning_rate) == pytest.approx(names["best_params"]["learning_rate"])
