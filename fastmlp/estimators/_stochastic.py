"""Training by epochs, as scikit-learn does it: its draws, its batches, its sums."""

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from fastmlp.estimators._callbacks import Hooks
from fastmlp.estimators._evaluation import GivenRows, Validation, held_out, read_eval_set
from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._optimizers import optimizer_of, policy_of
from fastmlp.estimators._record import Record, begin_curves
from fastmlp.estimators._solvers import Solver
from fastmlp.estimators._stopping import Stopping
from fastmlp.models._data.samples import Piece, Samples
from fastmlp.models._steps.steps import at_once, take_steps
from fastmlp.optimizers import Optimizer

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

Array = NDArray[Any]
Order = NDArray[np.int64]

_CHUNK_SECONDS = 0.05  # the engine returns this often, to see Ctrl-C, ...
_CHUNK_STEPS = 1024  # ... and after so many steps, whose learning rates are worked out beforehand


class Stochastic(Solver):
    """Steps on batches of rows, by any optimizer of fastmlp's."""

    def run(self, given: GivenRows, eval_set: Any, *, incremental: bool) -> None:
        """Train by epochs; `incremental`: by one, with the optimizer of the last call."""
        estimator = self._estimator
        if not incremental or not hasattr(estimator, "_optimizer"):
            estimator._optimizer, estimator._rate_policy = optimizer_of(estimator), policy_of(estimator)
        early = estimator.early_stopping
        begin_curves(estimator, anew=self._anew, stops_early=early)
        if early and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        objective, order, validation = estimator._objective(), None, None
        scores = early or estimator.scoring is not None
        if eval_set is not None:
            validation = Validation(estimator, read_eval_set(estimator, eval_set), objective, scores=scores)
        elif early:
            order, kept = held_out(estimator, given)
            validation = Validation(estimator, kept, None, scores=scores)
        restores = estimator.restore_best and not incremental
        record = Record(estimator, validation, restores=restores, stops_early=early)
        epochs = Epochs(estimator, given.samples, order, objective)
        as_given = (given.X, given.y, given.sample_weight)
        most = 1 if incremental else estimator.max_iter
        hooks = Hooks(estimator, *as_given, epochs.rows, epochs.steps, most, incremental=incremental)
        with hooks.during_fit():
            epochs.run(estimator._optimizer, Stopping(estimator, anew=self._anew), record, hooks, once=incremental)
            estimator._optimizer.finalize_variable_values(estimator._network.variables)
            record.restore_best()


class Epochs:
    """The epochs of one call of `fit` or `partial_fit`.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    samples : Samples
        All rows, with one target and maybe weights.
    order : numpy.ndarray or None
        The places of those to train with; None: all as they lie.
    objective : Objective
        What is minimized.

    Attributes
    ----------
    rows, batch_size, steps : int
        Rows of an epoch and of a batch, and batches of an epoch.
    """

    def __init__(self, estimator: "BaseMLP", samples: Samples, order: Order | None, objective: Objective) -> None:
        self._estimator = estimator
        self._samples = samples
        self._objective = objective
        self._order = order
        self.rows = len(samples) if order is None else len(order)
        weights = samples.weights[0] if samples.weights else None
        self._doubtful = None if weights is None or (weights > 0).all() else weights  # a batch's may add up to nothing
        self.batch_size = self._batch_size()
        self._lowered = estimator._network.to_train(self.batch_size, objective, estimator.alpha, bool(samples.sparse))
        self._seed = int(estimator._random_state.randint(2**31)) if estimator._network.draws else 0

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-self.rows // self.batch_size)

    def _batch_size(self) -> int:
        wanted = self._estimator.batch_size
        if wanted == "auto":
            return min(200, self.rows)
        if wanted > self.rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=2
            )
        return min(int(wanted), self.rows)

    def run(self, optimizer: Optimizer, stopping: Stopping, record: Record, hooks: Hooks, *, once: bool) -> None:
        """Go on until nothing improves any more, or `max_iter`; or for one epoch."""
        estimator = self._estimator
        try:
            estimator.n_iter_ = 0
            for number in range(estimator.max_iter):
                hooks.begin_epoch(number)
                loss = self._epoch(optimizer, hooks)
                if record.validates:
                    hooks.begin_validation()
                verdict = record.add(loss)
                stopping.count(verdict)
                record.note_best(verdict)
                if record.validates:
                    hooks.end_validation(verdict.logs)
                converged = stopping.end_epoch(optimizer)
                if hooks.end_epoch(number, verdict.logs) or converged or once or self._is_lost():
                    break
                if estimator.n_iter_ == estimator.max_iter:
                    warnings.warn(
                        f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization "
                        "hasn't converged yet.",
                        ConvergenceWarning,
                        stacklevel=2,
                    )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)

    def _is_lost(self) -> bool:
        """Tell whether weights are NaN or infinite, from which nothing leads back.

        With early stopping scikit-learn goes on nevertheless, and ends with the best weights.
        """
        estimator = self._estimator
        return not (estimator.early_stopping or math.isfinite(estimator.loss_) or estimator._has_finite_weights())

    def _epoch(self, optimizer: Optimizer, hooks: Hooks) -> float:
        """Train with all rows once; return the mean loss."""
        estimator = self._estimator
        if estimator.shuffle:
            drawn = np.arange(self.rows)
            estimator._random_state.shuffle(drawn)
            self._order = drawn if self._order is None else self._order[drawn]
        self._refuse_batches_without_weight()
        return self._train(optimizer, hooks)

    def _refuse_batches_without_weight(self) -> None:
        """Raise where the weights of a batch add up to nothing, as scikit-learn does."""
        if self._doubtful is None:
            return
        weights = self._doubtful if self._order is None else self._doubtful[self._order]
        if not np.add.reduceat(weights, np.arange(0, len(weights), self.batch_size)).all():
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")

    def _train(self, optimizer: Optimizer, hooks: Hooks) -> float:
        """Do an epoch's steps, count its rows, and return the mean of its losses."""
        estimator, batch_size, lowered = self._estimator, self.batch_size, self._lowered
        sums = np.zeros((lowered.plan.terms, 2))
        most = batch_size * (1 if hooks.by_batch else _CHUNK_STEPS)
        first = batch = 0
        while first < self.rows:
            if hooks.by_batch:
                hooks.begin_batch(batch)
            piece = Piece(self._samples, self._order, first, min(first + most, self.rows), batch_size)
            before, begun = optimizer.batches, first
            try:
                take_steps(
                    lowered,
                    at_once(piece, lowered, optimizer),
                    optimizer,
                    self._seed,
                    sums,
                    seconds=_CHUNK_SECONDS,
                    threads=estimator.n_threads,
                )
            finally:  # Ctrl-C is raised as the call returns: only the sums tell then how many rows it has used
                first = int(sums[0, 1])
                used = -(-(first - begun) // batch_size)
                if optimizer.steps_in_engine(lowered.variables):  # others count their steps, once they are done
                    optimizer.batches = before + used
            batch += used
            if hooks.watched:
                hooks.show(first, self._loss(sums))
            if hooks.by_batch and hooks.end_batch(batch - 1, self._loss(sums)):
                break
        estimator.t_ += first
        return self._loss(sums)

    def _loss(self, sums: Array) -> float:
        """Return the mean loss with its penalty of the batches so far."""
        (loss, rows), *penalties = sums.tolist()
        return np.float64(self._objective.scale * loss / rows + sum(penalty / rows for penalty, _ in penalties))
