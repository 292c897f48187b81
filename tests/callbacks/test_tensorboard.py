import io
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp.callbacks import TensorBoard

pytest.importorskip("tensorboard", reason="needs tensorboard: pip install fastmlp[tensorboard]")

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util.tensor_util import make_ndarray

X = np.random.default_rng(0).normal(size=(10, 3)).astype("float32")
Y = X[:, :1]


def events(folder: Path) -> list[Event]:
    (path,) = folder.glob("events.out.tfevents.*.v2")
    return [Event.FromString(record) for record in RawEventFileLoader(str(path)).Load()]


def values(folder: Path) -> list[tuple[int, str, str, Any]]:
    """Return the step, tag, plugin and value of all that is in the only event file of a folder."""
    return [
        (event.step, value.tag, value.metadata.plugin_data.plugin_name, make_ndarray(value.tensor))
        for event in events(folder)
        for value in event.summary.value
    ]


def described(folder: Path) -> list[tuple[Any, ...]]:
    """Return the same with kinds and shapes of values in place of values."""
    return sorted((step, tag, plugin, value.dtype.kind, value.shape) for step, tag, plugin, value in values(folder))


def sequential(module: Any) -> Any:
    return module.Sequential(
        [module.layers.Input(shape=(3,)), module.layers.Dense(4, name="hidden"), module.layers.Dense(1, name="out")],
        name="net",
    )


def functional(module: Any) -> Any:
    inputs = module.layers.Input(shape=(3,))
    inner = module.Sequential([module.layers.Input(shape=(3,)), module.layers.Dense(4)], name="inner")
    return module.Model(inputs, module.layers.Dense(1)(inner(inputs)))


def trained(model: Any, callback: Any, **arguments: Any) -> Any:
    model.compile("sgd", "mse", metrics=["mae"])
    return model.fit(
        X, Y, **{"batch_size": 4, "epochs": 2, "verbose": 0, "validation_data": (X, Y), **arguments}, callbacks=callback
    )


ARGUMENTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "all": {"histogram_freq": 1, "write_images": True, "write_steps_per_second": True, "update_freq": "batch"},
    "some": {"histogram_freq": 2, "update_freq": 3, "write_graph": False},  # Keras writes epochs that end so only
}


@pytest.mark.parametrize("name", ARGUMENTS)
@pytest.mark.parametrize("build", [sequential, functional], ids=["sequential", "functional"])
def test_as_in_keras(keras: Any, build: Any, name: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: Keras writes with its summaries")
    for module in (keras, fastmlp):
        module.utils.clear_session()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if module is keras else "error")
            trained(build(module), [module.callbacks.TensorBoard(tmp_path / module.__name__, **ARGUMENTS[name])])
    for folder in ("train", "validation"):
        assert described(tmp_path / "fastmlp" / folder) == described(tmp_path / "keras" / folder)


def test_curves(tmp_path: Path) -> None:
    history = trained(sequential(fastmlp), [TensorBoard(tmp_path)]).history
    train, validation = values(tmp_path / "train"), values(tmp_path / "validation")
    assert {plugin for _, tag, plugin, _ in train + validation if tag != "keras"} == {"scalars"}
    curves = {tag: [float(value) for _, each, _, value in train if each == tag] for _, tag, _, _ in train[1:]}
    assert curves == {
        "epoch_loss": pytest.approx(history["loss"]),
        "epoch_mae": pytest.approx(history["mae"]),
        "epoch_learning_rate": pytest.approx([0.01, 0.01]),
    }
    points = {(tag, step): float(value) for step, tag, _, value in validation}
    assert points == {
        **{("epoch_loss", epoch): pytest.approx(history["val_loss"][epoch]) for epoch in range(2)},
        **{("epoch_mae", epoch): pytest.approx(history["val_mae"][epoch]) for epoch in range(2)},
        **{("evaluation_loss_vs_iterations", 3 * e + 3): pytest.approx(history["val_loss"][e]) for e in range(2)},
        **{("evaluation_mae_vs_iterations", 3 * e + 3): pytest.approx(history["val_mae"][e]) for e in range(2)},
    }


def test_format(tmp_path: Path) -> None:
    trained(sequential(fastmlp), [TensorBoard(tmp_path, histogram_freq=1)])
    for folder in ("train", "validation"):
        first, *others = events(tmp_path / folder)
        assert first.file_version == "brain.Event:2"
        assert all(value.HasField("tensor") for event in others for value in event.summary.value)
    assert [(step, tag, value.shape, value.dtype.name) for step, tag, _, value in values(tmp_path / "train")][4:8] == [
        (0, f"net/{path}/histogram", (30, 3), "float64")
        for path in ("hidden/kernel", "hidden/bias", "out/kernel", "out/bias")
    ]


def test_batches(tmp_path: Path) -> None:
    losses: list[float] = []
    recording = fastmlp.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]))
    trained(sequential(fastmlp), [TensorBoard(tmp_path, update_freq=2, write_graph=False), recording])
    points = [(step, float(value)) for step, tag, _, value in values(tmp_path / "train") if tag == "batch_loss"]
    assert points == [(step, pytest.approx(losses[step - 1])) for step in (2, 4, 6)]


def test_only_a_frequency_in_batches_makes_the_engine_stop_for_each() -> None:
    assert not fastmlp.callbacks.CallbackList(TensorBoard(write_graph=False)).wants_batches("train")
    assert fastmlp.callbacks.CallbackList(TensorBoard(write_graph=False, update_freq=7)).wants_batches("train")


@pytest.mark.parametrize("values_of", [lambda r: r.normal(size=1000), lambda r: np.full(5, 2.5), lambda r: np.zeros(0)])
def test_histograms_are_tensorboards(values_of: Any) -> None:
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb

    from fastmlp.callbacks._event_file import _histogram

    data = values_of(np.random.default_rng(1))
    theirs = make_ndarray(histogram_pb("tag", data).value[0].tensor)
    np.testing.assert_allclose(_histogram(data), theirs, rtol=1e-12)


def test_weights_that_are_not_finite(tmp_path: Path) -> None:
    model = sequential(fastmlp)
    model.layers[-1].set_weights([np.array([[np.nan], [np.inf], [1.0], [2.0]]), np.zeros(1)])
    trained(model, [TensorBoard(tmp_path, histogram_freq=1, write_images=True)], epochs=1)
    (histogram,) = [each for _, tag, _, each in values(tmp_path / "train") if tag == "net/out/bias/histogram"]
    assert histogram.shape == (30, 3)


def test_images(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow, which comes with matplotlib")
    model = sequential(fastmlp)
    model.layers[0].trainable = False
    kernel = np.linspace(-0.2, 1.2, 12).reshape(3, 4)
    model.layers[0].set_weights([kernel, np.zeros(4)])
    trained(model, [TensorBoard(tmp_path, histogram_freq=1, write_images=True)], epochs=1)
    images = {tag: value for _, tag, plugin, value in values(tmp_path / "train") if plugin == "images"}
    width, height, png = images["net/hidden/kernel/image"]
    assert (int(width), int(height)) == (4, 3)
    pixels = np.asarray(image.open(io.BytesIO(png)))
    np.testing.assert_allclose(pixels / 255, np.clip(kernel, 0, 1), atol=0.005)
    assert tuple(images["net/hidden/bias/image"][:2]) == (b"1", b"4")


def test_evaluations_of_their_own(tmp_path: Path) -> None:
    model = sequential(fastmlp)
    model.compile("sgd", "mse")
    loss = model.evaluate(X, Y, verbose=0, callbacks=[TensorBoard(tmp_path)])
    assert values(tmp_path / "validation") == [(0, "evaluation_loss_vs_iterations", "scalars", pytest.approx(loss))]


def test_an_error_in_training_leaves_a_file_that_can_be_read(tmp_path: Path) -> None:
    class Failing(fastmlp.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise OSError("mine")

    with pytest.raises(OSError, match="mine"):
        trained(sequential(fastmlp), [TensorBoard(tmp_path), Failing()])
    assert "epoch_loss" in [tag for _, tag, _, _ in values(tmp_path / "train")]


def test_two_trainings_into_one_folder(tmp_path: Path) -> None:
    callback = TensorBoard(tmp_path, write_graph=False)
    for _ in range(2):
        trained(sequential(fastmlp), [callback])
    assert len(list((tmp_path / "train").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"profile_batch": 2}, "`profile_batch` must be 0, there is no profiler. Received: profile_batch=2"),
        ({"update_freq": "step"}, "`update_freq` must be 'epoch', 'batch' or a positive integer. Received: .*'step'"),
        ({"update_freq": 0}, "`update_freq` must be 'epoch', 'batch' or a positive integer. Received: .*0"),
    ],
)
def test_what_cannot_be(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        TensorBoard(**arguments)


def test_without_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"needs the package tensorboard: pip install 'fastmlp\[tensorboard\]'"):
        TensorBoard()


def test_paths_of_a_subclass(tmp_path: Path) -> None:
    class Own(fastmlp.Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.hidden = fastmlp.layers.Dense(3, name="hidden")
            self.out = fastmlp.layers.Dense(1, name="out")

        def call(self, inputs: Any) -> Any:
            return self.out(self.hidden(inputs))

    trained(Own(), [TensorBoard(tmp_path, histogram_freq=1)], epochs=1)
    tags = [tag for _, tag, _, _ in values(tmp_path / "train")]
    assert "keras" not in tags  # there is no graph of layers
    assert {"own/hidden/kernel/histogram", "own/out/bias/histogram"} <= set(tags)


def test_embeddings(tmp_path: Path) -> None:
    model = fastmlp.Sequential(
        [fastmlp.layers.Input((2,)), fastmlp.layers.Embedding(5, 3, name="words"), fastmlp.layers.Flatten()]
    )
    model.add(fastmlp.layers.Dense(1))
    model.compile("sgd", "mse")
    callback = TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"words": "labels.tsv"})
    model.fit(np.array([[0, 1], [2, 3]]), np.zeros((2, 1)), verbose=0, callbacks=[callback])
    config = (tmp_path / "projector_config.pbtxt").read_text()
    assert all(text in config for text in ('"words/embeddings"', '"train/words.tsv"', '"labels.tsv"'))
    np.testing.assert_allclose(
        np.loadtxt(tmp_path / "train" / "words.tsv"), model.layers[0].get_weights()[0], rtol=1e-5
    )
    with pytest.raises(
        ValueError, match=r"`embeddings_metadata` must be given by the layers \['words'\]. Received: .*no"
    ):
        model.fit(
            np.zeros((2, 2)),
            np.zeros((2, 1)),
            callbacks=[TensorBoard(tmp_path, embeddings_freq=1, embeddings_metadata={"no": "a"})],
        )
