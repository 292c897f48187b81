"""Writes what TensorBoard shows: curves, histograms and images of weights, the model's graph."""

import json
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastmlp.callbacks._event_file import EventFile, check_installed
from fastmlp.callbacks.callback import Callback, Logs


class TensorBoard(Callback):
    """Writes event files into the folders "train" and "validation" of a run, under the tags that Keras gives them.

    The curves are `epoch_<metric>` of both, `epoch_learning_rate`, and `evaluation_<metric>_vs_iterations`. Files are
    complete after each epoch. Start the server with `tensorboard --logdir=<the folder that holds the runs>`. It needs
    the package tensorboard, which comes with `fastmlp[tensorboard]`.

    Parameters
    ----------
    log_dir : str or path
        The folder of the run.
    histogram_freq : int
        After every so many epochs, write a histogram of each variable; 0 for never.
    write_graph : bool
        Whether to write the model's graph.
    write_images : bool
        Whether to write variables as images too, whenever histograms are written.
    write_steps_per_second : bool
        Whether to write how many batches were done in a second.
    update_freq : "epoch", "batch" or int
        Whether to write `batch_<metric>` after each batch or after so many.
    profile_batch : 0
        There is no profiler.
    embeddings_freq : int
        After every so many epochs, write the table of each Embedding, for the projector; 0 for never.
    embeddings_metadata : str or dict, optional
        The file with the labels of the rows, relative to `log_dir`; for several layers a dict by their names.

    Raises
    ------
    ImportError
        If tensorboard is not installed.
    ValueError
        If an argument cannot be what it should.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Literal["epoch", "batch"] | int = "epoch",
        profile_batch: int | str | tuple[int, int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | dict[str, str] | None = None,
    ) -> None:
        check_installed()
        if profile_batch not in (0, "0"):
            raise ValueError(
                f"`profile_batch` must be 0, there is no profiler. Received: profile_batch={profile_batch}"
            )
        every: Any = 1 if update_freq == "batch" else update_freq
        if every != "epoch" and (not isinstance(every, int) or every < 1):
            raise ValueError(
                f"`update_freq` must be 'epoch', 'batch' or a positive integer. Received: update_freq={update_freq!r}"
            )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = every
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._files: dict[str, EventFile] = {}
        self._batch = 0  # of all epochs
        self._batch_start = self._epoch_start = 0.0
        self._epoch_iterations = 0
        if every != "epoch":  # only then has the engine to return after each batch
            self.on_train_batch_begin = self._before_batch  # type: ignore[method-assign]
            self.on_train_batch_end = self._after_batch  # type: ignore[method-assign]

    def set_model(self, model: Any) -> None:
        """Receive the model and write its graph."""
        super().set_model(model)
        self.close()
        if self.write_graph:
            self._write_graph()
        if self.embeddings_freq:
            self._write_projector_config()

    def close(self) -> None:
        """Close the files; more to write makes new ones."""
        for file in self._files.values():
            file.close()
        self._files = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Count batches from 1."""
        self._batch = 0

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Close the files."""
        self.close()

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Write the results over the number of steps done."""
        if self.model.optimizer is None:
            return
        steps = int(self.model.optimizer.iterations)
        for name, value in (logs or {}).items():
            self._file("validation").scalar(f"evaluation_{name}_vs_iterations", value, steps)
        self._file("validation").flush()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Remember when the epoch began."""
        self._epoch_start = time.perf_counter()
        self._epoch_iterations = self._iterations()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the epoch's results, and what else is due."""
        self._write_results(epoch, logs or {})
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        for file in self._files.values():
            file.flush()

    def _before_batch(self, batch: int, logs: Logs | None = None) -> None:
        self._batch += 1
        self._batch_start = time.perf_counter()

    def _after_batch(self, batch: int, logs: Logs | None = None) -> None:
        if self._batch % self.update_freq:
            return
        seconds = time.perf_counter() - self._batch_start
        speed = {"steps_per_second": 1 / seconds} if self.write_steps_per_second else {}
        for name, value in (speed | (logs or {})).items():
            self._file("train").scalar(f"batch_{name}", value, self._batch)

    def _file(self, name: str) -> EventFile:
        """Return the event file of "train" or "validation", made when there is something to write."""
        if name not in self._files:
            self._files[name] = EventFile(Path(self.log_dir) / name)
        return self._files[name]

    def _iterations(self) -> int:
        """Return the number of steps done; 0 where no optimizer counts them."""
        return 0 if self.model.optimizer is None else int(self.model.optimizer.iterations)

    def _write_results(self, epoch: int, logs: Logs) -> None:
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        if self.model.optimizer is not None:
            train["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            steps = self._iterations() - self._epoch_iterations
            train["steps_per_second"] = steps / (time.perf_counter() - self._epoch_start)
        for name, value in train.items():
            self._file("train").scalar(f"epoch_{name}", value, epoch)
        for name, value in logs.items():
            if name.startswith("val_"):
                self._file("validation").scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)

    def _write_weights(self, epoch: int) -> None:
        file = self._file("train")
        for path, variable in _paths(self.model):
            file.histogram(f"{path}/histogram", variable.value, epoch)
            if self.write_images and (pixels := _pixels(variable.value)) is not None:
                file.image(f"{path}/image", pixels, epoch)

    def _write_graph(self) -> None:
        """Write the graph of a model that is made of layers, not by a `call` of its own."""
        try:
            config = self.model.to_json()
            if "layers" not in json.loads(config)["config"]:
                return
        except NotImplementedError:
            return
        except Exception as error:  # a graph that cannot be drawn is no reason not to train
            warnings.warn(f"The graph of model '{self.model.name}' cannot be written: {error}", stacklevel=2)
            return
        self._file("train").keras_model("keras", config)
        self._file("train").flush()

    # Embeddings: TensorBoard's projector reads their tables from plain text.

    def _embeddings(self) -> list[Any]:
        return [layer for layer in self.model.layers if type(layer).__name__ == "Embedding"]

    def _table(self, layer: Any) -> Path:
        return Path(self.log_dir) / "train" / f"{layer.name}.tsv"

    def _write_projector_config(self) -> None:
        from google.protobuf.text_format import MessageToString
        from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

        config = ProjectorConfig()
        names = [layer.name for layer in self._embeddings()]
        given = self.embeddings_metadata
        labels = given if isinstance(given, dict) else dict.fromkeys(names, given)
        if set(labels) - set(names):
            raise ValueError(f"`embeddings_metadata` must be given by the layers {names}. Received: {list(labels)}")
        for layer in self._embeddings():
            entry = config.embeddings.add(tensor_name=f"{layer.name}/embeddings")
            entry.tensor_path = str(self._table(layer).relative_to(self.log_dir))
            if labels.get(layer.name):
                entry.metadata_path = labels[layer.name]
        Path(self.log_dir).mkdir(parents=True, exist_ok=True)
        (Path(self.log_dir) / "projector_config.pbtxt").write_text(MessageToString(config))

    def _write_embeddings(self) -> None:
        for layer in self._embeddings():
            self._table(layer).parent.mkdir(parents=True, exist_ok=True)
            np.savetxt(self._table(layer), layer.variables[0].value, fmt="%.6g", delimiter="\t")


def _paths(layer: Any, scope: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the variables of a layer and of those inside, each behind its path as Keras says it.

    A path names the layers that a variable is inside of, but for functional models, whose layers were there before.
    """
    for variable in layer._own_variables:
        yield scope + variable.name, variable
    inside = "" if getattr(layer, "_functional", False) else f"{scope}{layer.name}/"
    for each in layer._sublayers():
        yield from _paths(each, inside)


def _pixels(value: NDArray[Any]) -> NDArray[Any] | None:
    """Return a vector as a column of pixels, a matrix as an image that is wider than high; of others, None."""
    value = value.squeeze()
    if value.ndim == 1:
        return value[:, np.newaxis]
    if value.ndim != 2:
        return None
    return value.T if value.shape[0] > value.shape[1] else value
