"""Callbacks of a fit: fastmlp's, given as a parameter, and scikit-learn's, set with `set_callbacks`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastmlp.callbacks import BackupAndRestore, LearningRateScheduler, ReduceLROnPlateau, SwapEMAWeights
from fastmlp.callbacks.callback_list import CallbackList
from fastmlp.models import Sequential

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

_RECONSTRUCTED = ("n_iter_", "t_", "loss_", "loss_curve_", "validation_scores_", "validation_loss_curve_")

_WEIGHTS = ("coefs_", "intercepts_", "_of_activations")


class Hooks:
    """Tells callbacks of an estimator's epochs, and of the call of `fit` or `partial_fit` around them.

    Callbacks of fastmlp's see the network as their `model`, with the estimator as `model.estimator`.

    Parameters
    ----------
    estimator : BaseMLP
        What is fitted.
    X, y, sample_weight
        What it is fitted with.
    rows, steps : int
        Rows and batches of an epoch.
    epochs : int
        The most epochs.
    incremental : bool
        Whether the numbers of epochs go on from those of the last call, as in `partial_fit`.

    Raises
    ------
    ValueError
        If a callback cannot do what it is for with an estimator.
    """

    def __init__(
        self,
        estimator: "BaseMLP",
        X: Any,
        y: Any,
        sample_weight: Any,
        rows: int,
        steps: int,
        epochs: int,
        *,
        incremental: bool,
    ) -> None:
        self._estimator = estimator
        self._data = {"X": X, "y": y, "metadata": None if sample_weight is None else {"sample_weight": sample_weight}}
        self._first = len(getattr(estimator, "loss_curve_", ())) if incremental else 0
        self._list = CallbackList(estimator.callbacks or ())
        self._params = {"epochs": self._first + epochs, "steps": steps, "verbose": int(estimator.verbose)}
        _refuse_useless(self._list, estimator)
        if self._list.progress is not None:
            self._list.progress.samples = rows
        self._task: Any = None
        self._epoch_task: Any = None
        if hasattr(estimator, "_skl_callbacks") or hasattr(estimator, "_parent_callback_ctx"):
            self._task = estimator._init_callback_context(max_subtasks=epochs)
        self._logs: dict[str, float] = {}

    @property
    def heard(self) -> bool:
        """Whether somebody listens."""
        return bool(self._list.callbacks) or self._task is not None

    @property
    def by_batch(self) -> bool:
        """Whether somebody wants to know of every batch."""
        return self._list.wants_batches("train")

    @contextmanager
    def during_fit(self) -> Iterator["Hooks"]:
        """Tell of the beginning and the end of the call; let go of everything, though an error ends it."""
        try:
            if self._list.callbacks:
                self._list.set_model(_watched_model(self._estimator))
                self._list.set_params(self._params)
            if self._task is not None:
                self._task.call_on_fit_task_begin(estimator=self._estimator, **self._data)
            self._list.on_train_begin()
            yield self
            self._list.on_train_end(self._logs)
        finally:
            self._list.close()
            for callback in (self._list, *self._list.callbacks):
                callback.model = None  # else copies of the estimator would take it along
        if self._task is not None:
            self._task.call_on_fit_task_end(
                estimator=self._estimator, reconstruction_attributes=self._reconstruction, **self._data
            )

    def begin_epoch(self, number: int) -> None:
        """Tell of an epoch, numbered from 0 in this call."""
        if self._task is not None:
            self._epoch_task = self._task.subcontext(task_name="epoch")
            self._epoch_task.call_on_fit_task_begin(estimator=self._estimator, **self._data)
        self._list.on_epoch_begin(self._first + number)

    @property
    def watched(self) -> bool:
        """Whether somebody shows how far an epoch has come."""
        return self._list.wants("on_progress")

    def show(self, rows: int, loss: float) -> None:
        """Tell how many rows of an epoch are done, and their mean loss."""
        self._list.on_progress(rows, {"loss": loss})

    def begin_batch(self, number: int) -> None:
        """Tell of a batch of an epoch, numbered from 0."""
        self._list.on_train_batch_begin(number)

    def end_batch(self, number: int, loss: float) -> bool:
        """Tell what the mean loss of an epoch is so far; return whether training is to stop."""
        self._list.on_train_batch_end(number, {"loss": loss})
        return self._stopped

    @property
    def _stopped(self) -> bool:
        return self._list.model is not None and self._list.model.stop_training

    def begin_validation(self) -> None:
        """Tell that the rows for validation come now."""
        self._list.on_test_begin()

    def end_validation(self, logs: dict[str, float]) -> None:
        """Tell what came of them, by the names that it has in the logs of the epoch."""
        judged = {name.removeprefix("val_"): value for name, value in logs.items() if name != "loss"}
        self._list.on_test_end(judged)

    def end_epoch(self, number: int, logs: dict[str, float]) -> bool:
        """Tell what came of an epoch; return whether training is to stop."""
        self._logs, stops = logs, False
        self._list.on_epoch_end(self._first + number, logs)
        stops = self._stopped
        if self._epoch_task is not None:
            stops |= self._epoch_task.call_on_fit_task_end(
                estimator=self._estimator, reconstruction_attributes=self._reconstruction, **self._data
            )
        return stops

    def _reconstruction(self) -> dict[str, Any]:
        """Return what makes of a copy of the estimator one that stays as it is now."""
        estimator = self._estimator
        attributes = {name: getattr(estimator, name) for name in _RECONSTRUCTED if hasattr(estimator, name)}
        copies = {name: list(value) for name, value in attributes.items() if isinstance(value, list)}
        weights = {name: [array.copy() for array in getattr(estimator, name)] for name in _WEIGHTS}
        return attributes | copies | weights


def _watched_model(estimator: "BaseMLP") -> Sequential:
    """Return what callbacks see as their model: the estimator's own layers and weights."""
    model = estimator._as_model()
    model.optimizer = None if estimator.solver == "lbfgs" else estimator._optimizer
    model.stop_training = False
    model.estimator = estimator  # type: ignore[attr-defined]
    return model


def _refuse_useless(callbacks: CallbackList, estimator: "BaseMLP") -> None:
    """Raise if a callback cannot do what it is for."""
    solver = f"Received: solver={estimator.solver!r}"
    for callback in callbacks.callbacks:
        name = type(callback).__name__
        if isinstance(callback, BackupAndRestore):
            raise ValueError(
                f"{name} interrupts and resumes the fit of a model, not of an estimator, which goes on from a pickle "
                "with warm_start=True or partial_fit."
            )
        if isinstance(callback, LearningRateScheduler | ReduceLROnPlateau) and estimator.solver == "lbfgs":
            raise ValueError(f"{name} needs a solver with a learning rate. {solver}")
        if isinstance(callback, SwapEMAWeights) and (estimator.solver == "lbfgs" or not estimator._optimizer.use_ema):
            raise ValueError(f"{name} needs a solver that is an optimizer with use_ema=True. {solver}")
