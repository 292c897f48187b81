"""Linear threshold units, trained row by row."""

import numpy as np

from libc.math cimport INFINITY
from libc.stdint cimport INT32_MAX, int32_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memset


cdef class Perceptron:
    """One linear threshold unit and the rows that it learns from.

    Parameters
    ----------
    rows : array, shape (n, width), or Sparse
        float32 or float64. The dtype is also that of `weights`, `shrunk` and `row_weights`.
    weights : array, shape (width,)
        Where learning begins; changed in place. They are to be multiplied by `scale`.
    shrunk : array of zeros, shape (width,), or None
        What an L1 penalty keeps count in; None for no such penalty.
    positive, held_out : array of uint8, shape (n,)
        Whether a row belongs to the class, and whether it is kept out of learning.
    row_weights : array, shape (n,)
        What each row counts.
    class_weights : tuple of float
        What a row counts that does not belong to the class, and one that does.
    rate, intercept_rate : float
        What a mistake adds of its row to the weights, and, times that, to the intercept.
    alpha, l1_ratio, penalized : float, float, bool
        The penalty ``alpha ((1 - l1_ratio) / 2 |w|^2 + l1_ratio |w|_1)`` and whether there is one.
    normed : bool
        Whether the norms are kept.
    seed : int or None
        Of the order of the rows; None leaves them as they are.
    tolerance, patience : float, int
        So many epochs in a row without progress of at least `tolerance` are enough.
    intercept, square_norm, absolute_norm : float
        Of the weights at the start.
    """

    cdef fm_perceptron state
    cdef Arrays floats, bytes
    cdef int32_t[::1] order

    def __cinit__(self, rows, weights, shrunk, positive, held_out, row_weights, tuple class_weights, *, double rate,
                  double intercept_rate, double alpha, double l1_ratio, bint penalized, bint normed, seed,
                  double tolerance, uint64_t patience, double intercept, double square_norm, double absolute_norm):
        self.floats = Arrays([rows, row_weights, weights, shrunk], False, False)
        self.bytes = Arrays([positive, held_out], False, False)
        memset(&self.state, 0, sizeof(fm_perceptron))
        cdef fm_perceptron *state = &self.state
        state.x = self.floats.arrays[0]
        self.measure(rows, weights, shrunk, positive, held_out, row_weights)
        state.row_weights = self.floats.arrays[1].data
        state.w = <void *> self.floats.arrays[2].data
        state.shrunk = <void *> self.floats.arrays[3].data
        state.positive = <const uint8_t *> self.bytes.arrays[0].data
        state.held_out = <const uint8_t *> self.bytes.arrays[1].data
        state.class_weights[0], state.class_weights[1] = class_weights
        state.rate, state.intercept_rate = rate, intercept_rate
        state.alpha, state.l1_ratio, state.penalized = alpha, l1_ratio, penalized
        state.shuffled, state.normed = seed is not None, normed
        state.tolerance, state.patience = tolerance, patience
        state.scale, state.best, state.intercept = 1, INFINITY, intercept
        state.square_norm, state.absolute_norm = square_norm, absolute_norm
        self.order = np.empty(3 * state.rows, dtype=np.int32)
        state.order = &self.order[0]
        state.spare, state.shuffler = state.order + state.rows, state.order + 2 * state.rows
        fm_perceptron_start(state, <uint32_t> (seed or 0))

    cdef int measure(self, rows, weights, shrunk, positive, held_out, row_weights) except -1:
        """Set the sizes if all arrays fit together."""
        if isinstance(rows, Sparse):
            shape = (rows.rows, rows.width)
        else:
            shape = rows.shape
        dtype = {FM_F32: np.float32, FM_F64: np.float64}.get(self.state.x.dtype)
        fits = (dtype is not None and len(shape) == 2 and 0 < shape[0] <= INT32_MAX
                and all(array.shape == shape[1:] and array.dtype == dtype and array.flags.carray
                        for array in (weights, shrunk) if array is not None)
                and row_weights.shape == shape[:1] and row_weights.dtype == dtype and row_weights.flags.c_contiguous
                and all(array.shape == shape[:1] and array.dtype == np.uint8 and array.flags.c_contiguous
                        for array in (positive, held_out)))
        if not fits or weights is None or held_out.all():
            raise ValueError("The rows, weights and marks of a perceptron do not fit together")
        self.state.rows, self.state.cols = shape
        return 0

    def run(self, uint64_t epochs) -> None:
        """Learn until there are so many epochs, no more progress, or a number that is not finite."""
        with nogil:
            fm_perceptron_run(&self.state, epochs)

    def epoch(self) -> None:
        """Learn from each row once."""
        with nogil:
            fm_perceptron_epoch(&self.state)

    def has_converged(self, double cost) -> bool:
        """Take note of an epoch's cost; tell whether there has been no progress for long enough."""
        return fm_perceptron_has_converged(&self.state, cost) != 0

    @property
    def is_finite(self) -> bool:
        """Whether all weights and the intercept are finite."""
        return fm_perceptron_is_finite(&self.state) != 0

    @property
    def epochs(self) -> int:
        """Epochs done."""
        return self.state.epochs

    @property
    def steps(self) -> int:
        """Rows learned from in all epochs."""
        return self.state.steps

    @property
    def intercept(self) -> float:
        """The intercept."""
        return self.state.intercept

    @property
    def scale(self) -> float:
        """What the weights are to be multiplied by."""
        return self.state.scale

    @property
    def square_norm(self) -> float:
        """The squared norm of the weights that the last mistake touched."""
        return self.state.square_norm

    @property
    def loss(self) -> float:
        """Mean loss of the last epoch."""
        return self.state.loss

    @property
    def objective(self) -> float:
        """Mean loss and penalty of the last epoch."""
        return self.state.objective
