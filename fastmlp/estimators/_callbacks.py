"""Callbacks of a fit: fastmlp's, given as a parameter, and scikit-learn's, set with `set_callbacks`."""

from typing import TYPE_CHECKING, Any

from fastmlp.callbacks.callback_list import CallbackList

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

_RECONSTRUCTED = ("n_iter_", "t_", "loss_", "loss_curve_", "validation_scores_", "validation_loss_curve_")


class Hooks:
    """Tells callbacks of an estimator's epochs; as a context, of the fit.

    Parameters
    ----------
    estimator : BaseMLP
        What is fitted.
    X, y, sample_weight
        What it is fitted with.
    rows, steps : int
        Rows and batches of an epoch.
    silent : bool
        Whether to tell nobody, as in `partial_fit`.
    """

    def __init__(
        self, estimator: "BaseMLP", X: Any, y: Any, sample_weight: Any, rows: int, steps: int, *, silent: bool
    ) -> None:
        self._estimator = estimator
        self._data = {"X": X, "y": y, "metadata": None if sample_weight is None else {"sample_weight": sample_weight}}
        self._list: CallbackList | None = None
        if estimator.callbacks and not silent:
            self._list = CallbackList(estimator.callbacks, model=estimator)
            self._list.set_params({"epochs": estimator.max_iter, "steps": steps, "verbose": int(estimator.verbose)})
            if self._list.progress is not None:
                self._list.progress.samples = rows
            estimator.stop_training = False
        self._task: Any = None
        self._epoch_task: Any = None
        heard = hasattr(estimator, "_skl_callbacks") or hasattr(estimator, "_parent_callback_ctx")
        if heard and not silent:
            self._task = estimator._init_callback_context(max_subtasks=estimator.max_iter)
        self._logs: dict[str, float] = {}

    @property
    def heard(self) -> bool:
        """Whether somebody listens."""
        return self._list is not None or self._task is not None

    @property
    def by_batch(self) -> bool:
        """Whether somebody wants to know of every batch."""
        return self._list is not None and self._list.wants_batches("train")

    def __enter__(self) -> "Hooks":
        if self._task is not None:
            self._task.call_on_fit_task_begin(estimator=self._estimator, **self._data)
        if self._list is not None:
            self._list.on_train_begin()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._list is not None:
            if kind is None:
                self._list.on_train_end(self._logs)
            self._list.close()
        if self._task is not None and kind is None:
            self._task.call_on_fit_task_end(
                estimator=self._estimator, reconstruction_attributes=self._reconstruction, **self._data
            )

    def begin_epoch(self, number: int) -> None:
        """Tell of an epoch, numbered from 0."""
        if self._task is not None:
            self._epoch_task = self._task.subcontext(task_name="epoch")
            self._epoch_task.call_on_fit_task_begin(estimator=self._estimator, **self._data)
        if self._list is not None:
            self._list.on_epoch_begin(number)

    @property
    def watched(self) -> bool:
        """Whether somebody shows how far an epoch has come."""
        return self._list is not None and self._list.wants("on_progress")

    def show(self, rows: int, loss: float) -> None:
        """Tell how many rows of an epoch are done, and their mean loss."""
        if self._list is not None:
            self._list.on_progress(rows, {"loss": loss})

    def begin_batch(self, number: int) -> None:
        """Tell of a batch of an epoch, numbered from 0."""
        if self._list is not None:
            self._list.on_train_batch_begin(number)

    def end_batch(self, number: int, loss: float) -> bool:
        """Tell what the mean loss of an epoch is so far; return whether training is to stop."""
        if self._list is None:
            return False
        self._list.on_train_batch_end(number, {"loss": loss})
        return bool(self._estimator.stop_training)

    def end_epoch(self, number: int, logs: dict[str, float]) -> bool:
        """Tell what came of an epoch; return whether training is to stop."""
        self._logs, stops = logs, False
        if self._list is not None:
            self._list.on_epoch_end(number, logs)
            stops = bool(self._estimator.stop_training)
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
        weights = {name: [array.copy() for array in getattr(estimator, name)] for name in ("coefs_", "intercepts_")}
        return attributes | copies | weights
