"""Arrays handed over: how they must lie, and the buffers that are held while the engine reads them."""

import numpy as np

from cpython.buffer cimport PyBUF_RECORDS, PyBUF_RECORDS_RO, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free


def leading_dimension(size_t cols, str dtype) -> int:
    """Return the padded row length, in elements, of a parameter with `cols` columns."""
    return fm_leading_dimension(cols, dtype_of(dtype))


def empty_aligned(Py_ssize_t nbytes):
    """Return `nbytes` zero bytes as a uint8 array that starts on a cache line."""
    cdef Py_ssize_t line = 64
    block = np.zeros(nbytes + line, dtype=np.uint8)
    skip = -block.ctypes.data % line
    return block[skip:skip + nbytes]


def permutation(Py_ssize_t n, uint64_t seed):
    """Return the numbers 0 ... n - 1 in a random order that depends on `n` and `seed` alone."""
    order = np.empty(n, dtype=np.int64)
    cdef int64_t[::1] view = order
    if n:
        with nogil:
            fm_permutation(&view[0], n, seed)
    return order


cdef class Arrays:
    """Buffers held for the engine: row 0, bytes between rows, dtype; None becomes an empty one."""

    cdef Py_buffer *views
    cdef fm_array *arrays
    cdef Py_ssize_t count, held
    cdef readonly Py_ssize_t rows
    cdef readonly tuple widths  # elements of one row, 0 for None

    def __cinit__(self, arrays, bint writable=False, bint same_rows=True):
        self.count = len(arrays)
        self.rows = -1
        self.views = <Py_buffer *> calloc(self.count or 1, sizeof(Py_buffer))
        self.arrays = <fm_array *> calloc(self.count or 1, sizeof(fm_array))
        if self.views == NULL or self.arrays == NULL:
            raise MemoryError("no memory for the arrays' addresses")
        widths = []
        for array in arrays:
            if isinstance(array, Sparse):
                widths.append(self.hold_sparse(array))
            else:
                widths.append(self.hold(array, writable, same_rows) if array is not None else 0)
            self.held += 1
        self.widths = tuple(widths)

    cdef Py_ssize_t hold_sparse(self, Sparse matrix):
        """Note where a matrix lies; returns its width, negative, so that no dense input is taken for it."""
        cdef fm_array *to = &self.arrays[self.held]
        if self.rows >= 0 and self.rows != matrix.rows:
            raise ValueError(f"Inputs must have the same number of samples. Received: {self.rows} and {matrix.rows}")
        to[0] = matrix.parts.arrays[0]
        to.columns = <const int32_t *> matrix.parts.arrays[1].data
        to.starts = <const int64_t *> matrix.parts.arrays[2].data
        self.rows = matrix.rows
        return -matrix.width

    cdef Py_ssize_t hold(self, array, bint writable, bint same_rows) except -1:
        cdef Py_buffer *view = &self.views[self.held]
        cdef fm_array *to = &self.arrays[self.held]
        cdef Py_ssize_t width = 1, i
        PyObject_GetBuffer(array, view, PyBUF_RECORDS if writable else PyBUF_RECORDS_RO)
        cdef bytes code = view.format
        cdef bint fits = view.ndim >= 1 and (view.shape[0] <= 1 or view.strides[0] >= 0)
        for i in range(view.ndim - 1, 0, -1):
            fits = fits and (view.shape[i] <= 1 or view.strides[i] == width * view.itemsize)
            width *= view.shape[i]
        if writable:
            fits = fits and (view.shape[0] <= 1 or view.strides[0] == width * view.itemsize)
        if code == b"f":
            to.dtype = FM_F32
        elif code == b"d":
            to.dtype = FM_F64
        elif code == b"B":
            to.dtype = FM_U8
        elif code in (b"i", b"l", b"q") and view.itemsize == 4:
            to.dtype = FM_I32
        elif code in (b"i", b"l", b"q") and view.itemsize == 8:
            to.dtype = FM_I64
        else:
            fits = False
        if not fits or (same_rows and self.rows >= 0 and self.rows != view.shape[0]):
            shape = tuple(view.shape[i] for i in range(view.ndim))
            PyBuffer_Release(view)
            raise ValueError(
                f"The engine reads arrays of equal length, dtype {', '.join(DTYPES)} in native byte order, with "
                f"contiguous rows. Received: format {code.decode()!r}, shape {shape}, other rows {self.rows}")
        self.rows = view.shape[0]
        to.data = view.buf
        to.stride = view.strides[0] if view.shape[0] > 1 else width * view.itemsize
        return width

    def __dealloc__(self):
        cdef Py_ssize_t i
        if self.views != NULL:
            for i in range(self.count):
                PyBuffer_Release(&self.views[i])  # nothing where none is held
        free(self.views)
        free(self.arrays)


cdef class Sparse:
    """The rows of a CSR matrix, checked once and kept alive.

    Parameters
    ----------
    values : array, shape (n,)
        float32 or float64, the dtype of the plan.
    columns : array of int32, shape (n,)
        The column of each value.
    starts : array of int64, shape (rows + 1,)
        Where the values of each row begin.
    width : int
        The number of columns.
    """

    cdef Arrays parts
    cdef readonly Py_ssize_t rows, width

    def __cinit__(self, values, columns, starts, Py_ssize_t width):
        self.parts = Arrays([values, columns, starts], False, False)
        self.rows = self.parts.views[2].shape[0] - 1
        self.width = width
        cdef Py_ssize_t n = self.parts.views[0].shape[0], i
        cdef fm_array *arrays = self.parts.arrays
        fits = (self.parts.widths == (1, 1, 1) and self.parts.views[1].shape[0] == n and self.rows >= 0
                and arrays[0].dtype in (FM_F32, FM_F64) and arrays[1].dtype == FM_I32 and arrays[2].dtype == FM_I64
                and all(array.flags.c_contiguous for array in (values, columns, starts)))
        if not fits:
            raise ValueError("A CSR matrix needs values of float32 or float64, columns of int32 and starts of int64")
        cdef const int32_t *places = <const int32_t *> arrays[1].data
        cdef const int64_t *begins = <const int64_t *> arrays[2].data
        for i in range(self.rows):
            if begins[i] > begins[i + 1]:
                raise ValueError(f"The rows of a CSR matrix must begin one after the other. Received: row {i + 1}")
        if begins[0] != 0 or begins[self.rows] > n:
            raise ValueError(f"The rows of a CSR matrix must lie within its {n} values")
        for i in range(begins[self.rows]):  # what lies behind them is nobody's
            if not 0 <= places[i] < width:
                raise ValueError(f"Columns must be from 0 to {width - 1}. Received: {places[i]}")


cdef class Data:
    """The user's own arrays, checked once and kept alive; the engine gathers rows from them and never copies them.

    Parameters
    ----------
    inputs, targets : sequence of array
        One for each input and target of the plan; `Sparse` for a sparse input. First axis: samples. float32, float64,
        uint8, int32 or int64 in native byte order; the elements of a sample are contiguous, the distance between
        samples is free.
    weights : sequence of array or None
        For each target the samples' weights, or None where all are 1.
    """

    cdef Arrays inputs, targets, weights
    cdef tuple matrices  # kept alive
    cdef readonly Py_ssize_t rows

    def __cinit__(self, inputs, targets=(), weights=()):
        self.inputs = Arrays(inputs)
        self.matrices = tuple([each for each in inputs if isinstance(each, Sparse)])
        self.targets = Arrays(targets)
        self.weights = Arrays(weights)
        self.rows = self.inputs.rows
        for each in (self.targets, self.weights):
            if (<Arrays> each).rows not in (-1, self.rows):
                raise ValueError(f"Inputs, targets and weights must have the same number of samples. "
                                 f"Received: {self.rows} and {(<Arrays> each).rows}")
