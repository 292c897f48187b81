"""The loop: fit, evaluate, predict. The engine does the steps; this says which, and what came of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.callbacks.callback import Callback, Logs
from fastmlp.callbacks.callback_list import CallbackList
from fastmlp.callbacks.history import History
from fastmlp.callbacks.progress import ProgbarLogger
from fastmlp.lowering import FORWARD_BATCH
from fastmlp.models import _arguments as arguments
from fastmlp.models import _data
from fastmlp.models._arguments import Verbose
from fastmlp.models._cursor import Cursor
from fastmlp.models._feeds import BatchFeed, Feed, RowsFeed
from fastmlp.models._heads import Heads
from fastmlp.models._loops import judge, predict, train
from fastmlp.models._objective import Objective
from fastmlp.models._samples import Samples
from fastmlp.models._sources import Source, is_source, refuse_targets
from fastmlp.models.compiling import Compiled
from fastmlp.utils.batches import unpack_x_y_sample_weight

Array = NDArray[Any]

_NO_HOOKS = CallbackList((), None, {})


class Trainer(Compiled):
    """The part of a model that learns; Model inherits it.

    Attributes
    ----------
    history : History or None
        Of the last call of `fit`.
    stop_training : bool
        Callbacks set it to end `fit`.
    """

    history: History | None = None
    stop_training: bool = False

    if TYPE_CHECKING:  # what Model brings

        def draw_dropout_seed(self) -> int:
            """Draw the seed of the dropout of one training."""

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Verbose = "auto",
        callbacks: Iterable[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Sequence[Any] | None = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> History:
        """Train for a number of epochs, passes over the data.

        Rows are read from the given arrays, which are never copied as a whole if they are of dtype float32, float64,
        uint8, int32 or int64. NaN in `x` is not looked for; it shows in the loss.

        Parameters
        ----------
        x : array-like, shape (samples, ...), or list, tuple or dict of them
            Inputs.
        y : array-like, shape (samples, ...), or list, tuple or dict of them
            Targets.
        batch_size : int, optional
            Rows of a step; 32 by default.
        epochs : int
            Number of the last epoch, counted from 1.
        verbose : {"auto", 0, 1, 2}
            0 prints nothing, 1 (and "auto") a bar for each epoch, 2 a line.
        callbacks : list of Callback, optional
            Called in this order, before the progress and the History.
        validation_split : float
            Share of the samples, in [0, 1), taken from the end before shuffling and kept for validation.
        validation_data : tuple, optional
            (x, y) or (x, y, sample_weight), judged after each epoch.
        shuffle : bool
            Whether each epoch takes the rows in a new random order.
        class_weight : dict, optional
            Weights of the classes in training, from their indices; 1 for those left out.
        sample_weight : array-like, shape (samples,), optional
            Weights of the rows; they multiply those of the classes.
        initial_epoch : int
            Number of epochs done before this call.
        steps_per_epoch : int, optional
            Batches that make an epoch; one pass over the data by default.
        validation_steps : int, optional
            Batches of a validation; all by default.
        validation_batch_size : int, optional
            Rows of a batch of a validation; `batch_size` by default.
        validation_freq : int or sequence of int
            Validate after every so many epochs, or after the epochs of these numbers, counted from 1.

        Returns
        -------
        History
            Its `history` holds the loss and the metrics of each epoch.

        Raises
        ------
        ValueError
            If an argument cannot be what it should; the model is then as it was.
        """
        with self._built_for(x):
            batch_size = arguments.batch_size(batch_size)
            heads, optimizer = self._compiled(training=True)  # a callback may compile anew
            samples, validation = self._split(
                self._samples(x, y, sample_weight), validation_data, arguments.share(validation_split)
            )
            if class_weight is not None:
                samples = samples.weighted(class_weight, heads.judged, self.outputs[0].dtype)
            cursor = Cursor(len(samples), min(batch_size, len(samples)), arguments.flag("shuffle", shuffle))
            steps = arguments.positive("steps_per_epoch", steps_per_epoch, cursor.steps_per_pass)
            validates = arguments.schedule(validation_freq)
            numbers = range(
                arguments.not_negative("initial_epoch", initial_epoch), arguments.not_negative("epochs", epochs)
            )
            training = self._run(samples, cursor.batch_size, training=True)
            judging = None
            if validation is not None:
                validation_batch_size = arguments.positive("validation_batch_size", validation_batch_size, batch_size)
                judging = self._run(validation, validation_batch_size, validation_steps)
            params = {"verbose": arguments.verbosity(verbose), "epochs": epochs, "steps": steps}
            rows, validation_rows = cursor.rows_of(steps), judging.rows if judging else None
            called = self._callbacks(callbacks, params, rows, validation_rows, add_history=True)
            training.lowered.bind(optimizer.slots(training.lowered.variables))  # last, as slots belong to one model
        self.stop_training = False
        logs: Logs = {}
        seed = self.draw_dropout_seed()
        with called as hooks:
            hooks.call("on_train_begin", {})
            for epoch in numbers:
                hooks.call("on_epoch_begin", epoch, {})
                logs = train(training, cursor, steps, optimizer, seed, heads, hooks, lambda: self.stop_training)
                if judging is not None and validates(epoch + 1):
                    logs |= judge(judging, heads, hooks, "val_")
                hooks.call("on_epoch_end", epoch, logs)
                if self.stop_training:
                    break
            hooks.call("on_train_end", logs)
        assert called.history is not None  # added above
        return called.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Verbose = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Iterable[Callback] | Callback | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """Return the loss and the metrics on given data.

        Parameters
        ----------
        x, y : array-like, shape (samples, ...), or list, tuple or dict of them
            Inputs and targets.
        batch_size : int, optional
            Rows of a batch; 32 by default.
        verbose : {"auto", 0, 1, 2}
            0 prints nothing, 1 (and "auto") a bar, 2 a line.
        sample_weight : array-like, shape (samples,), optional
            Weights of the rows.
        steps : int, optional
            Batches to use; all by default.
        callbacks : list of Callback, optional
            Their hooks `on_test_...` are called.
        return_dict : bool
            Whether to return a dict by `metrics_names`.

        Returns
        -------
        float, list of float, or dict
            The loss, or [loss, metric, ...] where there are metrics.
        """
        with self._built_for(x):
            run = self._run(self._samples(x, y, sample_weight), arguments.batch_size(batch_size), steps)
            params = {"verbose": arguments.verbosity(verbose), "epochs": 1, "steps": run.steps}
            called = self._callbacks(callbacks, params, run.rows)
        with called as hooks:
            return _result(judge(run, self._compiled()[0], hooks), return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Verbose = "auto",
        steps: int | None = None,
        callbacks: Iterable[Callback] | Callback | None = None,
    ) -> Any:
        """Return the model's outputs.

        Parameters
        ----------
        x : array-like, shape (samples, ...), or list, tuple or dict of them
            Inputs.
        batch_size : int, optional
            Rows of a batch, for callbacks and `steps`; what a row's prediction is does not depend on it.
        verbose : {"auto", 0, 1, 2}
            0 (and "auto") prints nothing, 1 a bar, 2 a line.
        steps : int, optional
            Batches to use; all by default.
        callbacks : list of Callback, optional
            Their hooks `on_predict_...` are called.

        Returns
        -------
        numpy.ndarray, shape (samples, ...), or list of them
            One for each output, of the model's dtype.
        """
        with self._built_for(x):
            run = self._prediction(x, arguments.batch_size(batch_size), steps)
            params = {"verbose": arguments.verbosity(verbose, auto=0), "epochs": 1, "steps": run.steps}
            called = self._callbacks(callbacks, params, run.rows)
        with called as hooks:
            return _one_or_list(predict(run, self.outputs, hooks))

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: Verbose = "auto") -> NDArray[np.int64]:
        """Return the index of the most probable class of each sample; for a single sigmoid output, 0 or 1.

        Parameters
        ----------
        x, batch_size, verbose
            As for `predict`.

        Returns
        -------
        numpy.ndarray, shape (samples,), or (samples, 1) for a single sigmoid output
            Class indices.
        """
        probabilities = self.predict(x, batch_size, verbose)
        if isinstance(probabilities, list):
            raise ValueError(f"predict_classes is for models with one output. Received: {len(probabilities)} outputs")
        if probabilities.shape[-1] > 1:
            return np.asarray(probabilities.argmax(axis=-1), np.int64)
        return np.asarray(probabilities > 0.5, np.int64)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """Do one step on one batch and return its loss and metrics, as they were before the step.

        Parameters
        ----------
        x, y, sample_weight, class_weight
            As for `fit`; all rows make one batch.
        return_dict : bool
            Whether to return a dict by `metrics_names`.
        """
        with self._built_for(x):
            heads, optimizer = self._compiled(training=True)
            samples = self._samples(x, y, sample_weight)
            if class_weight is not None:
                samples = samples.weighted(class_weight, heads.judged, self.outputs[0].dtype)
            rows = len(samples)
            run = self._run(samples, rows, training=True)
            run.lowered.bind(optimizer.slots(run.lowered.variables))
        cursor = Cursor(rows, rows, shuffle=False)
        seed = self.draw_dropout_seed()
        return _result(train(run, cursor, 1, optimizer, seed, heads, _NO_HOOKS), return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | dict[str, float]:
        """Return the loss and the metrics of one batch.

        Parameters
        ----------
        x, y, sample_weight
            As for `evaluate`; all rows make one batch.
        return_dict : bool
            Whether to return a dict by `metrics_names`.
        """
        with self._built_for(x):
            samples = self._samples(x, y, sample_weight)
            run = self._run(samples, len(samples))
        return _result(judge(run, self._compiled()[0], _NO_HOOKS), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the model's outputs for one batch, without callbacks; see `predict`."""
        with self._built_for(x):
            run = self._prediction(x, FORWARD_BATCH)
        return _one_or_list(predict(run, self.outputs, _NO_HOOKS))

    # What the public methods share

    def _compiled(self, *, training: bool = False) -> tuple[Heads, Optimizer]:
        """Return what `compile` was given: heads for the present outputs, since layers may have been added, and more.

        Raises
        ------
        RuntimeError
            If the model is not compiled.
        ValueError
            If it is to be trained, but has no loss.
        """
        if self._asked is None or self.optimizer is None:
            raise RuntimeError(f"Model '{self.name}' must be compiled first: call `compile`.")
        if self._heads is None or self._heads_of is not self.outputs:
            self._heads, self._heads_of = Heads(self.outputs, self.output_names, *self._asked), self.outputs
        if training and not self._heads.trained:
            raise ValueError("Training needs a loss: give one to `compile`. Received: loss=None")
        return self._heads, self.optimizer

    @contextmanager
    def _built_for(self, x: Any) -> Iterator[None]:
        """Build a model whose input shape is not known yet; if what is then prepared fails, it is as it was."""
        if self.built:
            yield
            return
        with undone_on_error(self):  # type: ignore[arg-type]  # a Model
            self.build((None, *_data.sample_shape(x)))
            yield

    def _samples(self, x: Any, y: Any, sample_weight: Any) -> Samples:
        """Check and convert what the user passed."""
        heads, _ = self._compiled()
        if not heads.judged:
            raise ValueError("There is nothing to judge by: give a loss or metrics to `compile`. Received: neither")
        return _data.samples(x, y, sample_weight, self.inputs, self.input_names, heads.judged)

    def _split(
        self, samples: Samples, validation_data: Sequence[Any] | None, share: float
    ) -> tuple[Samples, Samples | None]:
        """Return the samples to train with and those to validate with."""
        if validation_data is not None:
            if not isinstance(validation_data, list | tuple) or len(validation_data) not in (2, 3):
                raise ValueError(
                    "`validation_data` must be a tuple (x, y) or (x, y, sample_weight). "
                    f"Received: {arguments.described(validation_data)}"
                )
            x, y, *weight = validation_data
            return samples, self._samples(x, y, weight[0] if weight else None)
        if not share:
            return samples, None
        rows = len(samples)
        first = int(rows * (1 - share))
        if not 0 < first < rows:
            raise ValueError(
                f"`validation_split` must leave samples on both sides of the {rows}. Received: validation_split={share}"
            )
        return samples.part(0, first), samples.part(first, rows)

    def _run(self, samples: Samples, batch_size: int, steps: int | None = None, *, training: bool = False) -> Run:
        """Return everything the engine needs for going through some samples, save for the slots of a training."""
        heads, _ = self._compiled()
        rows = len(samples)
        batch_size = min(batch_size, rows)
        lowered = self.lower(heads.purpose(_capacity(batch_size), training=training))
        if not training:
            lowered.bind()
        return Run(lowered, samples.data(), arguments.rows(rows, batch_size, steps), batch_size)

    def _prediction(self, x: Any, batch_size: int, steps: int | None = None) -> Run:
        """Return everything the engine needs for predicting."""
        arrays = _data.input_arrays(x, self.inputs, self.input_names)
        lowered = self.lower(Purpose(FORWARD_BATCH))
        lowered.bind()
        return Run(lowered, Data(arrays), arguments.rows(len(arrays[0]), batch_size, steps), batch_size)

    def _callbacks(
        self,
        callbacks: Any,
        params: dict[str, Any],
        samples: int,
        validation_samples: int | None = None,
        *,
        add_history: bool = False,
    ) -> CallbackList:
        """Return the user's callbacks, with a History and the progress behind them."""
        called = CallbackList(callbacks, add_history, bool(params["verbose"]), self, **params)
        if called.progress is not None:
            called.progress.samples, called.progress.validation_samples = samples, validation_samples
        return called


def _capacity(rows: int) -> int:
    """Return the batch size to lower a plan for: few different small ones, so that plans are found again."""
    return rows if rows > _ROUNDED_BATCH else max(arguments.DEFAULT_BATCH, 1 << (rows - 1).bit_length())


def _one_or_list(arrays: list[Array]) -> Array | list[Array]:
    return arrays[0] if len(arrays) == 1 else arrays


def _result(logs: Logs, return_dict: bool) -> float | list[float] | dict[str, float]:
    """Return logs as `evaluate` does."""
    if return_dict:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values
