"""The loops over batches: chunk by chunk through the engine, with the callbacks' hooks between."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._engine import Data
from fastmlp.callbacks.callback import Logs
from fastmlp.callbacks.callback_list import CallbackList
from fastmlp.graph import Tensor
from fastmlp.lowering import Lowered
from fastmlp.models._cursor import Cursor
from fastmlp.models._heads import Heads
from fastmlp.optimizers import Optimizer

# The engine returns this often, for progress and for Ctrl-C, ...
CHUNK_SECONDS = 0.05
# ... and after so many steps, whose learning rates are worked out beforehand.
CHUNK_STEPS = 1024


class Run(NamedTuple):
    """A pass over some samples: the plan, what it reads, how many rows of it, and in what batches."""

    lowered: Lowered
    data: Data
    rows: int
    batch_size: int

    @property
    def steps(self) -> int:
        """Batches of the pass."""
        return -(-self.rows // self.batch_size)


def train(
    run: Run,
    cursor: Cursor,
    steps: int,
    optimizer: Optimizer,
    seed: int,
    heads: Heads,
    hooks: CallbackList,
    stopped: Callable[[], bool] = lambda: False,
) -> Logs:
    """Do the steps of one epoch and return its logs.

    Parameters
    ----------
    run : Run
        What to train with.
    cursor : Cursor
        Where in the data the epoch begins; moved on.
    steps : int
        Batches of the epoch.
    optimizer : Optimizer
        Its `iterations` are counted on.
    seed : int
        Of dropout.
    heads : Heads
        Turn sums into logs.
    hooks : CallbackList
        Told of batches and progress.
    stopped : callable
        Asked after every batch whether to stop here; without batch hooks, once: then after the first.
    """
    plan = run.lowered.plan
    sums = np.zeros((plan.terms, 2))
    by_batch, watched = hooks.wants_batches("train"), hooks.wants("on_progress")
    begin, step = cursor.position, 0
    if not by_batch and stopped():
        steps = 1
    while step < steps:
        if by_batch:
            hooks.call("on_train_batch_begin", step, {})
        first, last = cursor.next(1 if by_batch else min(steps - step, CHUNK_STEPS))
        rates = optimizer.learning_rates(-(-(last - first) // run.batch_size))
        done = cursor.steps
        run.lowered.bind(optimizer.slots(run.lowered.variables))  # a callback may have changed what it needs
        try:
            plan.train(
                run.data,
                cursor.order,
                first,
                last,
                run.batch_size,
                sums,
                optimizer=optimizer.kind,
                hyper=optimizer.hyper,
                learning_rates=rates,
                step=optimizer.iterations,
                seed=seed,
                seconds=CHUNK_SECONDS,
            )
        finally:  # Ctrl-C is raised as the call returns: only the sums tell then how far it has come
            cursor.position = begin + heads.rows(sums)
            optimizer.iterations += cursor.steps - done
        step += cursor.steps - done
        if by_batch:
            hooks.call("on_train_batch_end", step - 1, heads.logs(sums))
        if watched:
            hooks.call("on_progress", cursor.position - begin, heads.logs(sums))
        if by_batch and stopped():
            break
    return heads.logs(sums)


def judge(run: Run, heads: Heads, hooks: CallbackList, prefix: str = "") -> Logs:
    """Go through samples without training and return the logs, their names behind a prefix."""
    plan = run.lowered.plan
    sums = np.zeros((plan.terms, 2))
    by_batch, watched = hooks.wants_batches("test"), hooks.wants("on_progress")
    first, last = 0, run.rows
    hooks.call("on_test_begin", {})
    while first < run.rows:
        batch = first // run.batch_size
        if by_batch:
            last = min(run.rows, first + run.batch_size)
            hooks.call("on_test_batch_begin", batch, {})
        first += plan.evaluate(run.data, first, last, run.batch_size, sums, CHUNK_SECONDS)
        if by_batch:
            hooks.call("on_test_batch_end", batch, heads.logs(sums))
        if watched:
            hooks.call("on_progress", first, heads.logs(sums))
    hooks.call("on_test_end", heads.logs(sums))
    return heads.logs(sums, prefix)


def predict(run: Run, outputs: Sequence[Tensor], hooks: CallbackList) -> list[NDArray[Any]]:
    """Return an array for each of the model's outputs."""
    arrays = [np.empty((run.rows, *tensor.sample_shape), tensor.dtype) for tensor in outputs]
    by_batch = hooks.wants_batches("predict")
    first, last = 0, run.rows
    hooks.call("on_predict_begin", {})
    while first < run.rows:
        begin, batch = first, first // run.batch_size
        if by_batch:
            last = min(run.rows, first + run.batch_size)
            hooks.call("on_predict_batch_begin", batch, {})
        while first < last:
            first += run.lowered.plan.predict(run.data, arrays, first, last, CHUNK_SECONDS)
            hooks.call("on_progress", first, {})
        if by_batch:
            parts = [array[begin:last] for array in arrays]
            hooks.call("on_predict_batch_end", batch, {"outputs": parts[0] if len(parts) == 1 else parts})
    hooks.call("on_predict_end", {})
    return arrays
