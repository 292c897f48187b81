"""The loops over batches: piece by piece through the engine, with the callbacks' hooks between."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp.callbacks.callback import Logs
from fastmlp.callbacks.callback_list import CallbackList
from fastmlp.graph import Tensor
from fastmlp.models._data.feeds import warn_of_end, warn_of_no_validation
from fastmlp.models._data.samples import Piece
from fastmlp.models._objective.heads import Heads
from fastmlp.models._steps.passes import Pass
from fastmlp.models._steps.plans import Plans
from fastmlp.models._steps.standing import Standing
from fastmlp.models._steps.steps import at_once, take_steps
from fastmlp.models._steps.tally import Tally

# The engine returns this often, for progress and for Ctrl-C, ...
CHUNK_SECONDS = 0.05
# ... and after so many steps, whose learning rates are worked out beforehand, ...
CHUNK_STEPS = 1024
# ... few where metrics in Python are to see the outputs.
GATHERED_STEPS = 64


class Stopping(Protocol):
    """A model, as far as it says whether training is to end."""

    stop_training: bool


def train(standing: Standing, plans: Plans, hooks: CallbackList, stopping: Stopping | None = None) -> Logs:
    """Do the steps of one epoch and return its logs; `standing.step` stays 0 if the input has run out.

    Parameters
    ----------
    standing : Standing
        What to train with, and where in the epoch to begin; moved on.
    plans : Plans
        Of the model.
    hooks : CallbackList
        Told of batches and progress.
    stopping : Model, optional
        Its `stop_training` is looked at after every batch; without batch hooks, once: then the first batch is the last.
    """
    feed, heads, steps = standing.run.feed, standing.run.heads, standing.run.steps
    tally = standing.begin_epoch()
    by_batch, watched = hooks.wants_batches("train"), hooks.wants("on_progress")
    if stopping is not None and stopping.stop_training and not by_batch:
        steps = standing.step + 1
    if not standing.step:
        feed.begin()
    plans.begin()
    while steps is None or standing.step < steps:
        piece = feed.next(plans.batches(by_batch, _most(heads, steps, standing.step)))
        if piece is None:
            if steps is not None or not standing.step:
                warn_of_end(standing.epoch, standing.step, steps)
            break
        if by_batch:
            hooks.call("on_train_batch_begin", standing.step, {})
        seconds = math.inf if by_batch else CHUNK_SECONDS
        _train_piece(standing, tally, piece, plans, seconds)
        if by_batch:
            hooks.call("on_train_batch_end", standing.step - 1, tally.logs())
        if watched:
            hooks.call("on_progress", tally.rows, tally.logs())
        if by_batch and stopping is not None and stopping.stop_training:
            break
    feed.end()
    return tally.logs()


def _train_piece(standing: Standing, tally: Tally, piece: Piece, plans: Plans, seconds: float) -> None:
    """Train with the batches of a piece, as many as there is time for."""
    feed, heads, optimizer = standing.run.feed, standing.run.heads, standing.optimizer
    lowered, terms = plans.of(piece)
    piece = at_once(piece, lowered, optimizer)
    outputs = heads.buffers(piece.rows)
    sums = tally.sums(len(terms.losses), lowered.plan.terms)
    batches, before, rows = optimizer.batches, heads.rows(sums), 0
    try:
        take_steps(
            lowered, piece, optimizer, standing.seed, sums, weighing=terms.weights, outputs=outputs, seconds=seconds
        )
    finally:  # Ctrl-C is raised as the call returns: only the sums tell then how far it has come
        rows = heads.rows(sums) - before
        tally.rows += rows
        done = feed.advance(rows)
        optimizer.batches = batches + done
        standing.step += done
    tally.gather(piece, rows, outputs)


def judge(run: Pass, plans: Plans, hooks: CallbackList, prefix: str = "") -> Logs:
    """Go through batches without training and return the logs, their names behind a prefix; none without batches."""
    feed, heads, steps = run.feed, run.heads, run.steps
    tally = Tally(heads)
    by_batch, watched = hooks.wants_batches("test"), hooks.wants("on_progress")
    step = 0
    feed.begin()
    plans.begin()
    hooks.call("on_test_begin", {})
    while steps is None or step < steps:
        piece = feed.next(plans.batches(by_batch, _most(heads, steps, step)))
        if piece is None:
            break
        if by_batch:
            hooks.call("on_test_batch_begin", step, {})
        lowered, terms = plans.of(piece)
        lowered.bind()
        outputs = heads.buffers(piece.rows)
        rows = lowered.plan.evaluate(
            piece.samples.data(terms.weights),
            piece.first,
            piece.last,
            piece.batch_size,
            tally.sums(len(terms.losses), lowered.plan.terms),
            math.inf if by_batch else CHUNK_SECONDS,
            outputs=outputs,
        )
        step += feed.advance(rows)
        tally.rows += rows
        tally.gather(piece, rows, outputs)
        if by_batch:
            hooks.call("on_test_batch_end", step - 1, tally.logs())
        if watched:
            hooks.call("on_progress", tally.rows, tally.logs())
    feed.end()
    logs = tally.logs() if step else {}
    if not step:
        warn_of_no_validation()
    hooks.call("on_test_end", logs)
    return {prefix + name: value for name, value in logs.items()}


def predict(
    run: Pass,
    plans: Plans,
    outputs: Sequence[Tensor],
    hooks: CallbackList,
    packed: Callable[[list[NDArray[Any]]], Any],
) -> Any:
    """Return the arrays of the model's outputs, in the structure in which `packed` puts them."""
    feed, steps = run.feed, run.steps
    by_batch = hooks.wants_batches("predict")
    parts: list[list[NDArray[Any]]] = []
    step = rows = 0
    feed.begin()
    plans.begin()
    hooks.call("on_predict_begin", {})
    while steps is None or step < steps:
        piece = feed.next(plans.batches(by_batch, CHUNK_STEPS if steps is None else steps - step))
        if piece is None:
            break
        if by_batch:
            hooks.call("on_predict_batch_begin", step, {})
        lowered, _ = plans.of(piece)
        lowered.bind()
        arrays = [np.empty((piece.rows, *tensor.sample_shape), tensor.dtype) for tensor in outputs]
        first, data = piece.first, piece.samples.data()
        while first < piece.last:
            rest = [array[first - piece.first :] for array in arrays]
            done = lowered.plan.predict(data, rest, first, piece.last, CHUNK_SECONDS)
            first += done
            rows += done
            hooks.call("on_progress", rows, {})
        step += feed.advance(piece.rows)
        parts.append(arrays)
        if by_batch:
            hooks.call("on_predict_batch_end", step - 1, {"outputs": packed(arrays)})
    feed.end()
    hooks.call("on_predict_end", {})
    return packed(parts[0] if len(parts) == 1 else [np.concatenate(each) for each in zip(*parts, strict=True)])


def _most(heads: Heads, steps: int | None, step: int) -> int:
    """Return how many batches a piece may have."""
    most = GATHERED_STEPS if heads.in_python else CHUNK_STEPS
    return most if steps is None else min(steps - step, most)
