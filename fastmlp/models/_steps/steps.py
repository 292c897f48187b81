"""Steps on the batches of a piece: all of them in the engine, or one by one with an optimizer that is Python code."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.lowering import Lowered
from fastmlp.models._data.samples import Piece
from fastmlp.optimizers import Optimizer


def at_once(piece: Piece, lowered: Lowered, optimizer: Optimizer) -> Piece:
    """Return what one call of `take_steps` can do of a piece: all, or its first batch."""
    return piece if optimizer.steps_in_engine(lowered.variables) else piece.first_batch()


def take_steps(
    lowered: Lowered,
    piece: Piece,
    optimizer: Optimizer,
    seed: int,
    sums: NDArray[np.float64],
    *,
    weighing: tuple[int, ...] = (),
    outputs: Sequence[NDArray[Any]] = (),
    seconds: float = math.inf,
    threads: int | None = None,
) -> int:
    """Train with the batches of what `at_once` returned, as many as there is time for.

    Parameters
    ----------
    lowered : Lowered
        The plan.
    piece : Piece
        What to train with.
    optimizer : Optimizer
        Does the steps; the caller counts its `batches`.
    seed : int
        Of dropout.
    sums : numpy.ndarray, shape (terms, 2)
        Losses and metrics are added to them.
    weighing : tuple of int
        The heads whose weights the plan reads as targets.
    outputs : sequence of numpy.ndarray
        Where to leave the outputs of the plan.
    seconds : float
        When to return.
    threads : int, optional
        The most threads.

    Returns
    -------
    int
        Rows used.
    """
    data = piece.samples.data(weighing)
    if optimizer.steps_in_engine(lowered.variables):
        lowered.bind(**optimizer.bindings(lowered.variables))  # a callback may have changed what it needs
        return lowered.plan.train(
            data,
            piece.order,
            piece.first,
            piece.last,
            piece.batch_size,
            sums,
            learning_rates=optimizer.learning_rates(piece.steps),
            step=optimizer.batches,
            seed=seed,
            seconds=seconds,
            outputs=outputs,
            threads=threads,
            **optimizer.rule,
        )
    lowered.bind(gradients=optimizer.gradients(lowered.variables))
    lowered.plan.gradient(
        data, piece.order, piece.first, piece.last, sums, optimizer.batches, seed, outputs, threads=threads
    )
    optimizer.take_step([variable for variable in lowered.variables if variable.trainable])
    return piece.rows
