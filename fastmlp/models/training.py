"""The loop: fit, evaluate, predict. The engine does the steps; this says which, and what came of them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._structure import pack_like
from fastmlp.callbacks.callback import Callback, Logs
from fastmlp.callbacks.callback_list import CallbackList
from fastmlp.callbacks.history import History
from fastmlp.models import _arguments as arguments
from fastmlp.models._arguments import Verbose
from fastmlp.models._data.cursor import Shuffle
from fastmlp.models._data.samples import Samples
from fastmlp.models._data.sources import is_source
from fastmlp.models._data.weights import class_weights
from fastmlp.models._steps.loops import judge, predict, train
from fastmlp.models._steps.passes import rows_pass
from fastmlp.models._steps.plans import Plans
from fastmlp.models._steps.standing import Standing
from fastmlp.models.compiling import Compiled
from fastmlp.utils.batches import unpack_x_y_sample_weight

Array = NDArray[Any]

_NO_HOOKS = CallbackList()


class Trainer(Compiled):
    """The part of a model that learns; Model inherits it.

    Attributes
    ----------
    history : History or None
        Of the last call of `fit`.
    stop_training : bool
        Callbacks set it to end `fit`.
    standing : Standing or None
        Where the present call of `fit` stands.
    """

    history: History | None = None
    stop_training: bool = False
    standing: Standing | None = None

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Verbose = "auto",
        callbacks: Iterable[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Shuffle = True,
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
        shuffle : bool or "batch"
            Whether each epoch takes the rows in a new random order. "batch" keeps the rows of a batch together as they
            lie, for data on a disk, where only neighbours are read fast.
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
            Its `history` holds the loss and the metrics of each epoch. A generator that has no batch for an epoch ends
            the training before it, with a warning.

        Raises
        ------
        ValueError
            If an argument cannot be what it should; the model is then as it was.
        """
        objective, optimizer = self._compiled()  # a callback may compile anew
        share, shuffle = arguments.share(validation_split), arguments.shuffling(shuffle)
        batch_size = arguments.batch_size(batch_size)
        validation_batch_size = arguments.positive("validation_batch_size", validation_batch_size, batch_size)
        feed = self._batches(objective, x, y, sample_weight, bool(shuffle), steps_per_epoch, class_weight)
        with self._prepared():
            self._build_for(x if feed is None else feed.peek_inputs())
            judging = None
            if feed is not None:
                training = self._batches_pass(objective, feed, steps_per_epoch)
                if share and validation_data is None:
                    raise ValueError(
                        "`validation_split` is for arrays: with a generator or a dataset, give `validation_data`. "
                        f"Received: validation_split={validation_split!r}"
                    )
            else:
                heads, samples = self._read(objective, x, y, sample_weight)
                if share and validation_data is None:
                    samples, kept = _split(samples, share)
                    judging = rows_pass(heads, kept, validation_batch_size, validation_steps)
                if class_weight is not None:
                    of_rows = class_weights(class_weight, samples.targets, heads.judged, self.outputs[0].dtype)
                    samples = samples.weighted(of_rows)
                training = rows_pass(heads, samples, batch_size, steps_per_epoch, training=True, shuffle=shuffle)
            self._check_purpose(training.heads, training=True)
            if validation_data is not None:
                given = _validation_parts(validation_data)
                judging = self._judging(objective, *given, validation_batch_size, validation_steps)
            validates = arguments.schedule(validation_freq)
            first = arguments.not_negative("initial_epoch", initial_epoch)
            epochs = arguments.not_negative("epochs", epochs)
            params = {"verbose": arguments.verbosity(verbose), "epochs": epochs, "steps": training.steps}
            validation_rows = None if judging is None else judging.rows
            called = self._callbacks(callbacks, params, training.rows, validation_rows, add_history=True)
            plans, judging_plans = Plans(self, objective, training=True), Plans(self, objective, training=False)
            self._give_slots(optimizer)
        self.stop_training = False
        logs: Logs = {}
        standing = Standing(self, training, optimizer, self.draw_dropout_seed(), first)  # type: ignore[arg-type]  # a Model
        with called as hooks, training, judging or nullcontext(), standing:
            hooks.call("on_train_begin", {})
            while standing.epoch < epochs:
                epoch = standing.epoch
                hooks.call("on_epoch_begin", epoch, {})
                trained = train(standing, plans, hooks, self)
                if not standing.step:
                    break
                logs = trained
                if judging is not None and validates(epoch + 1):
                    logs |= judge(judging, judging_plans, hooks, "val_")
                standing.finish_epoch()
                hooks.call("on_epoch_end", epoch, logs)
                if self.stop_training:
                    break
            if optimizer.use_ema:
                optimizer.finalize_variable_values([v for v in self.variables if v.trainable])
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
        objective, _ = self._compiled()
        with self._prepared():
            judging = self._judging(objective, x, y, sample_weight, arguments.batch_size(batch_size), steps)
            params = {"verbose": arguments.verbosity(verbose), "epochs": 1, "steps": judging.steps}
            called = self._callbacks(callbacks, params, judging.rows)
        with called as hooks, judging:
            return _result(judge(judging, Plans(self, objective, training=False), hooks), return_dict)

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
        numpy.ndarray, shape (samples, ...), or list, tuple or dict of them
            One for each output, in the structure of the outputs, of the model's dtype.
        """
        with self._prepared():
            predicting = self._predicting(x, arguments.batch_size(batch_size), steps)
            params = {"verbose": arguments.verbosity(verbose, auto=0), "epochs": 1, "steps": predicting.steps}
            called = self._callbacks(callbacks, params, predicting.rows)
        with called as hooks, predicting:
            return predict(predicting, Plans(self, None, training=False), self.outputs, hooks, self._packed)

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
        if not isinstance(probabilities, np.ndarray):
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
        objective, optimizer = self._compiled()
        with self._prepared():
            self._build_for(x)
            heads, samples = self._read(objective, x, y, sample_weight, class_weight)
            self._check_purpose(heads, training=True)
            training = rows_pass(heads, samples, len(samples), 1, training=True)
            plans = Plans(self, objective, training=True)
            self._give_slots(optimizer)
        standing = Standing(self, training, optimizer, self.draw_dropout_seed())  # type: ignore[arg-type]  # a Model
        return _result(train(standing, plans, _NO_HOOKS), return_dict)

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
        objective, _ = self._compiled()
        with self._prepared():
            judging = self._judging(objective, x, y, sample_weight, None)
        return _result(judge(judging, Plans(self, objective, training=False), _NO_HOOKS), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the model's outputs for one batch, without callbacks; see `predict`."""
        with self._prepared():
            predicting = self._predicting(x, None)
        return predict(predicting, Plans(self, None, training=False), self.outputs, _NO_HOOKS, self._packed)

    # What the public methods share

    def _packed(self, arrays: list[Array]) -> Any:
        """Return predictions in the structure of the outputs; the only one of a list by itself, as in Keras."""
        one = len(arrays) == 1 and not isinstance(self.output_structure, dict)
        return arrays[0] if one else pack_like(self.output_structure, arrays)

    def _callbacks(
        self,
        callbacks: Any,
        params: dict[str, Any],
        samples: int | None,
        validation_samples: int | None = None,
        *,
        add_history: bool = False,
    ) -> CallbackList:
        """Return the user's callbacks, with a History and the progress behind them."""
        called = CallbackList(callbacks, add_history, bool(params["verbose"]), self, **params)
        if called.progress is not None:
            called.progress.samples, called.progress.validation_samples = samples, validation_samples
        return called


def _result(logs: Logs, return_dict: bool) -> float | list[float] | dict[str, float]:
    """Return logs as `evaluate` does."""
    if return_dict:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values


def _validation_parts(given: Any) -> tuple[Any, Any, Any]:
    """Return inputs, targets and weights of `validation_data`, or the generator or dataset that it is."""
    if is_source(given):
        return given, None, None
    if not isinstance(given, list | tuple) or len(given) not in (2, 3):
        raise ValueError(
            "`validation_data` must be a tuple (x, y) or (x, y, sample_weight), a generator or a dataset. "
            f"Received: {arguments.described(given)}"
        )
    return unpack_x_y_sample_weight(given)


def _split(samples: Samples, share: float) -> tuple[Samples, Samples]:
    """Return the samples to train with and, behind them, those to validate with."""
    rows = len(samples)
    first = int(rows * (1 - share))
    if not 0 < first < rows:
        raise ValueError(
            f"`validation_split` must leave samples on both sides of the {rows}. Received: validation_split={share}"
        )
    return samples.part(0, first), samples.part(first, rows)
