# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""The only boundary to C: checks arguments, releases the GIL, calls `fm_*`; no arithmetic of its own.

Arrays come in through the buffer protocol, so that read-only, memory-mapped and strided ones are read where they lie.
"""

import os
import threading

import numpy as np

from cpython.buffer cimport PyBUF_RECORDS, PyBUF_RECORDS_RO, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int32_t, int64_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

cdef extern from *:
    """
    #define FASTMLP_COMPILER __VERSION__
    #if defined(__clang__)
    #define FASTMLP_COMPILER_NAME "clang"
    #elif defined(__GNUC__)
    #define FASTMLP_COMPILER_NAME "gcc"
    #else
    #define FASTMLP_COMPILER_NAME "cc"
    #endif
    """
    const char *FASTMLP_COMPILER
    const char *FASTMLP_COMPILER_NAME

DTYPES = ("float32", "float64", "uint8", "int32", "int64")

# In the order of the enums of fm.h.
ACTIVATIONS = (
    "linear", "relu", "sigmoid", "tanh", "softplus", "elu", "selu", "leaky_relu", "exponential", "softsign",
    "hard_sigmoid", "step", "sign", "gelu", "gelu_tanh", "silu", "relu_general", "celu", "mish", "log_sigmoid",
    "hard_silu", "hard_shrink", "soft_shrink", "tanh_shrink", "threshold", "sparse_plus", "sparse_sigmoid",
    "squareplus", "affine", "clip", "absolute", "square", "sqrt", "rsqrt", "reciprocal", "expm1", "log", "log1p",
    "erf", "sin", "cos", "floor", "ceil", "round", "softmax", "log_softmax",
)
BINARIES = (
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "mask", "equal", "not_equal", "greater",
    "greater_equal", "less", "less_equal",
)
REDUCTIONS = ("sum", "mean", "max", "min", "prod", "logsumexp", "argmax", "argmin")
LOSSES = (
    "mse", "mae", "huber", "binary_crossentropy", "binary_crossentropy_logits", "categorical_crossentropy",
    "categorical_crossentropy_logits", "sparse_categorical_crossentropy", "sparse_categorical_crossentropy_logits",
    "value",
)
METRICS = (
    "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "mean_squared_error",
    "mean_absolute_error", "value",
)
# Every optimizer with its number of slots and of scalars beside the learning rate.
_OPTIMIZERS = {
    "sgd": (0, 0), "momentum": (1, 1), "nesterov": (1, 1), "adam": (2, 3), "amsgrad": (3, 3), "adamax": (2, 3),
    "nadam": (2, 3), "rmsprop": (1, 2), "rmsprop_momentum": (2, 3), "rmsprop_centered": (2, 2),
    "rmsprop_centered_momentum": (3, 3), "adagrad": (1, 1), "adadelta": (2, 2), "ftrl": (2, 5), "lion": (1, 2),
    "lamb": (2, 3), "schedule_free": (2, 4),
}
OPTIMIZERS = tuple(_OPTIMIZERS)
SLOTS = {name: slots for name, (slots, _) in _OPTIMIZERS.items()}
HYPERS = {name: scalars for name, (_, scalars) in _OPTIMIZERS.items()}
# What an optimizer tells the engine beside the learning rate: names in `Plan.train`, and what holds without them.
_RULE = {
    "optimizer": "sgd", "hyper": (), "clip_value": 0.0, "clip_norm": 0.0, "global_clip_norm": 0.0, "accumulation": 1,
    "ema_momentum": 0.0, "ema_overwrite": 0,
}
CONSTRAINTS = ("none", "non_neg", "max_norm", "unit_norm", "min_max_norm")
NORMS = ("columns", "rows", "all")  # what a constraint's norms are of
PHASES = ("whole", "before", "after")  # of a step by itself
OPS = (
    "dense", "matmul", "transpose", "sparse_dense", "densify", "activation", "binary", "reduce", "batch_reduce",
    "noise", "reshape", "concatenate", "stop_gradient", "parameter", "constant",
    "batch_normalization", "layer_normalization", "embedding", "encode", "take",
)
NOISES = ("dropout", "alpha_dropout", "gaussian_dropout", "gaussian_noise", "bernoulli")
STATISTICS = ("moving", "batch")
ENCODINGS = ("multi_hot", "count")
DETAILS = {  # what `detail` may be, for the ops that come in several kinds
    "activation": ACTIVATIONS, "binary": BINARIES, "reduce": REDUCTIONS, "batch_reduce": REDUCTIONS[:2],
    "noise": NOISES, "batch_normalization": STATISTICS, "encode": ENCODINGS,
}


cdef int index_of(tuple names, str name, str what) except -1:
    try:
        return names.index(name)
    except ValueError:
        raise ValueError(f"{what} must be one of {', '.join(names)}. Received: {name!r}") from None


cdef fm_dtype dtype_of(str dtype) except *:
    if dtype == "float32":
        return FM_F32
    if dtype == "float64":
        return FM_F64
    raise ValueError(f"`dtype` must be 'float32' or 'float64'. Received: dtype={dtype!r}")


cdef int check(int status) except -1:
    """The one place where a status of the engine becomes an exception."""
    if status >= 0:
        return status
    if status == FM_NO_MEMORY:
        raise MemoryError("the engine could not allocate the plan's buffers")
    if status == FM_UNSUPPORTED_ISA:
        raise ValueError("this build or this CPU does not have the ISA")
    raise ValueError("the plan's parts do not fit together")


# ---- ISA, threads, machine ----


def isa_names() -> list:
    """Return the ISAs of this build, best first."""
    cdef const char *const *names = fm_isa_names()
    found = []
    while names[0] != NULL:
        found.append(names[0].decode())
        names += 1
    return found


def isa_supported(str name) -> bool:
    """Tell whether this build and this CPU have an ISA."""
    return fm_isa_supported(name.encode()) != 0


cdef str _isa = ""


def isa() -> str:
    """Return the ISA that new plans use."""
    return _isa


def select_isa(name=None) -> None:
    """Choose the ISA of all plans made from now on; None chooses the best."""
    global _isa
    usable = [each for each in isa_names() if isa_supported(each)]
    if name is None:
        name = usable[0]
    if fm_isa_select((<str?>name).encode()) != FM_OK:
        raise ValueError(f"FASTMLP_ISA must be one that this build and this CPU have: {', '.join(usable)}. "
                         f"Received: {name!r}")
    _isa = name


cdef int _threads = 1


def threads_available() -> int:
    """Return how many CPUs this process may use: its affinity, within its cgroup's quota."""
    return fm_threads_available()


def get_num_threads() -> int:
    """Return the most threads that a run of a plan uses."""
    return _threads


def set_num_threads(threads) -> None:
    """Set the most threads that a run of a plan uses; plans too small to gain use fewer."""
    global _threads
    if isinstance(threads, bool) or not hasattr(threads, "__index__") or not 1 <= threads <= FM_MAX_THREADS:
        raise ValueError(f"The number of threads must be an integer from 1 to {FM_MAX_THREADS}. Received: {threads!r}")
    _threads = threads.__index__()


def has_openmp() -> bool:
    """Tell whether the engine was built with OpenMP."""
    return fm_has_openmp() != 0


def compiler() -> str:
    """Return the name and version of the compiler that built the engine."""
    return f"{FASTMLP_COMPILER_NAME.decode()} {FASTMLP_COMPILER.decode()}"


def peak(double seconds, int threads, str dtype="float32") -> float:
    """Measure the peak of fused multiply-adds in FLOP/s, by at least `seconds` of them on each of `threads` threads."""
    cdef const fm_kernels *kernels = fm_kernels_get(NULL, dtype_of(dtype))
    cdef size_t rounds = 1 << 16
    cdef double flops = 0, taken
    while True:
        with nogil:
            taken = fm_peak_measure(kernels, threads, rounds, &flops)
        if taken >= seconds:
            return flops / taken
        rounds *= 2


def kernels(str isa, str dtype) -> dict:
    """Return the addresses of an ISA's kernels, for tests."""
    cdef const fm_kernels *k = fm_kernels_get(isa.encode(), dtype_of(dtype))
    if k == NULL:
        raise ValueError(f"`isa` must be one of {', '.join(isa_names())}. Received: isa={isa!r}")
    return {
        "dense_forward": <uintptr_t> k.dense_forward,
        "dense_gradient": <uintptr_t> k.dense_gradient,
        "dense_update": <uintptr_t> k.dense_update,
        "dense_backward": <uintptr_t> k.dense_backward,
        "dense_backward_narrow": <uintptr_t> k.dense_backward_narrow,
        "transpose": <uintptr_t> k.transpose,
        "column_sums": <uintptr_t> k.column_sums,
        "gather": <uintptr_t> k.gather,
        "copy": <uintptr_t> k.copy,
        "reduce_forward": <uintptr_t> k.reduce_forward,
        "reduce_backward": <uintptr_t> k.reduce_backward,
        "binary_forward": <uintptr_t> k.binary_forward,
        "binary_backward": <uintptr_t> k.binary_backward,
        "sparse_forward": <uintptr_t> k.sparse_forward,
        "sparse_gradient": <uintptr_t> k.sparse_gradient,
        "sparse_gather": <uintptr_t> k.sparse_gather,
        "activation_forward": <uintptr_t> k.activation_forward,
        "activation_backward": <uintptr_t> k.activation_backward,
        "softmax_forward": <uintptr_t> k.softmax_forward,
        "softmax_backward": <uintptr_t> k.softmax_backward,
        "log_softmax_forward": <uintptr_t> k.log_softmax_forward,
        "log_softmax_backward": <uintptr_t> k.log_softmax_backward,
        "dropout": <uintptr_t> k.dropout,
        "gaussian": <uintptr_t> k.gaussian,
        "column_moments": <uintptr_t> k.column_moments,
        "normalize_columns": <uintptr_t> k.normalize_columns,
        "normalize_columns_gradients": <uintptr_t> k.normalize_columns_gradients,
        "normalize_columns_backward": <uintptr_t> k.normalize_columns_backward,
        "normalize_rows": <uintptr_t> k.normalize_rows,
        "normalize_rows_gradient": <uintptr_t> k.normalize_rows_gradient,
        "normalize_rows_backward": <uintptr_t> k.normalize_rows_backward,
        "embed": <uintptr_t> k.embed,
        "embed_gradient": <uintptr_t> k.embed_gradient,
        "encode": <uintptr_t> k.encode,
        "take": <uintptr_t> k.take,
        "take_backward": <uintptr_t> k.take_backward,
        "loss": <uintptr_t> k.loss,
        "penalty": <uintptr_t> k.penalty,
        "metric": <uintptr_t> k.metric,
        "optimizer_step": <uintptr_t> k.optimizer_step,
        "optimizer_prepare": <uintptr_t> k.optimizer_prepare,
        "blend": <uintptr_t> k.blend,
        "square_sum": <uintptr_t> k.square_sum,
        "constrain": <uintptr_t> k.constrain,
        "peak": <uintptr_t> k.peak,
    }


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


# ---- arrays ----


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
        for i in range(n):
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


# ---- plans ----

cdef int _forks = 0  # of this process's ancestors since the import


def count_fork():
    """Let plans of a forked child make new locks."""
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=count_fork)


cdef class Plan:
    """A compiled graph: built part by part, finished, bound to parameters, then run. See `src_c/fm.h`.

    Parameters
    ----------
    dtype : {'float32', 'float64'}
        Of the arithmetic and of the parameters.
    """

    cdef fm_plan *plan
    cdef fm_dtype dtype
    cdef fm_binding *bindings
    cdef list parameters  # (rows, cols) of each
    cdef list input_widths, target_widths, target_rows, output_widths
    cdef object bound  # keeps the bound arrays alive
    cdef object lock
    cdef int lock_generation
    cdef size_t batch_size
    cdef list output_fixed  # whether each output is a fixed value
    cdef bint penalized
    cdef readonly int terms  # losses, metrics and, if there are any, penalties: rows of `sums`

    def __cinit__(self, str dtype):
        self.dtype = dtype_of(dtype)
        self.plan = fm_plan_new(self.dtype)
        if self.plan == NULL:
            raise MemoryError("no memory for a plan")
        self.parameters = []
        self.input_widths = []
        self.target_widths = []
        self.target_rows = []
        self.output_widths = []
        self.output_fixed = []
        self.lock_generation = -1

    def __dealloc__(self):
        fm_plan_free(self.plan)
        free(self.bindings)

    def input(self, size_t rows, size_t cols) -> int:
        """Add an input of `rows` x `cols` elements a sample; returns its value's id."""
        cdef int value = check(fm_plan_input(self.plan, rows, cols))
        self.input_widths.append(rows * cols)
        return value

    def sparse_input(self, size_t cols) -> int:
        """Add an input of `cols` elements a sample whose rows are those of a CSR matrix; returns its value's id."""
        cdef int value = check(fm_plan_sparse_input(self.plan, cols))
        self.input_widths.append(-<Py_ssize_t> cols)
        return value

    def target(self, size_t rows, size_t cols) -> int:
        """Add a target of `rows` x `cols` elements a sample; returns its id."""
        cdef int target = check(fm_plan_target(self.plan, rows, cols))
        self.target_widths.append(rows * cols)
        self.target_rows.append(rows)
        return target

    def parameter(self, size_t rows, size_t cols, bint trainable) -> int:
        """Add a parameter; a bias has one row. Returns its id."""
        cdef int parameter = check(fm_plan_parameter(self.plan, rows, cols, trainable))
        self.parameters.append((rows, cols))
        return parameter

    def op(self, str kind, inputs, parameters=(), str detail="", scalars=(), indices=None) -> int:
        """Add an op; returns the id of the value that it makes."""
        cdef const int[::1] values = np.array(inputs, np.intc)
        cdef int[FM_MAX_PARAMETERS] params
        cdef double[FM_MAX_SCALARS] numbers
        cdef Py_ssize_t n_values = len(inputs), n_params = len(parameters), i
        if n_params > FM_MAX_PARAMETERS:
            raise ValueError(f"An op takes at most {FM_MAX_PARAMETERS} parameters. Received: {n_params}")
        for i in range(n_params):
            params[i] = FM_NONE if parameters[i] is None else parameters[i]
        cdef Py_ssize_t n_scalars = fill(numbers, scalars)
        cdef int which = index_of(DETAILS[kind], detail, f"The detail of {kind!r}") if kind in DETAILS else 0
        cdef const int32_t[::1] places = indices if indices is not None else np.empty(0, np.int32)
        cdef size_t n_places = places.shape[0]
        return check(fm_plan_op(self.plan, <fm_op_kind> index_of(OPS, kind, "An op"), which,
                                &values[0] if n_values else NULL, n_values, params, n_params, numbers, n_scalars,
                                &places[0] if n_places else NULL, n_places))

    def target_value(self, int target) -> int:
        """Return a target as a value that ops can read."""
        return check(fm_plan_target_value(self.plan, target))

    def penalty(self, int parameter, double l1, double l2) -> None:
        """Add l1 sum |w| + l2 sum w² of a parameter to the loss; `sums` then has one row more, behind the metrics."""
        check(fm_plan_penalty(self.plan, parameter, l1, l2))
        if (l1 > 0 or l2 > 0) and not self.penalized:
            self.penalized = True
            self.terms += 1

    def constraint(self, int parameter, str kind, str norm, scalars=()) -> None:
        """Say what holds for a parameter behind each step; norms are those of its columns, its rows, or all of it."""
        cdef double[FM_MAX_SCALARS] numbers
        cdef Py_ssize_t n = fill(numbers, scalars)
        check(fm_plan_constraint(self.plan, parameter, <fm_constraint> index_of(CONSTRAINTS, kind, "A constraint"),
                                 <fm_norm> index_of(NORMS, norm, "A norm"), numbers, n))

    def output(self, int value) -> int:
        """Make a value an output of the plan."""
        check(fm_plan_output(self.plan, value))
        self.output_widths.append(fm_plan_value_size(self.plan, value))
        self.output_fixed.append(fm_plan_value_fixed(self.plan, value) != 0)
        return value

    def loss(self, str kind, int value, int target, double weight=1.0, scalars=()) -> int:
        """Add a loss of a value against a target; returns its row in `sums`."""
        cdef double[FM_MAX_SCALARS] numbers
        cdef Py_ssize_t n = fill(numbers, scalars)
        self.terms += 1
        return check(fm_plan_loss(self.plan, <fm_loss> index_of(LOSSES, kind, "A loss"), value, target, weight,
                                  numbers, n))

    def metric(self, str kind, int value, int target, bint weighted=False, scalars=()) -> int:
        """Add a metric of a value against a target; returns its number among the metrics."""
        cdef double[FM_MAX_SCALARS] numbers
        cdef Py_ssize_t n = fill(numbers, scalars)
        self.terms += 1
        return check(fm_plan_metric(self.plan, <fm_metric> index_of(METRICS, kind, "A metric"), value, target,
                                    weighted, numbers, n))

    def finish(self, size_t batch_size) -> None:
        """Derive the reverse pass and allocate buffers for batches of up to `batch_size` samples."""
        check(fm_plan_finish(self.plan, batch_size))
        self.batch_size = batch_size
        self.bindings = <fm_binding *> calloc(len(self.parameters) or 1, sizeof(fm_binding))
        if self.bindings == NULL:
            raise MemoryError("no memory for the addresses of the parameters")

    def bind(self, weights, gradients=None, slots=(), accumulators=None, averages=None, decays=None) -> None:
        """Tell where the parameters lie: one array a parameter, each of shape (rows, leading_dimension(cols)).

        Parameters
        ----------
        weights : sequence of array
        gradients : sequence of array, optional
            Without them the optimizer's step is fused into the reverse pass.
        slots : sequence of sequences of array
            slots[j][i] is slot j of parameter i.
        accumulators : sequence of array, optional
            For the sums of gradients, where a step has several batches.
        averages : sequence of array, optional
            For the moving averages of the weights.
        decays : sequence of float, optional
            Decay of each parameter's weights in a step, as a share of the learning rate; none by default.
        """
        cdef list held = [Arrays(each, True, False)
                          for each in (weights, gradients or (), accumulators or (), averages or (), *slots)]
        cdef Arrays arrays
        cdef Py_ssize_t i, j, count = len(self.parameters)
        if len(slots) > FM_MAX_SLOTS:
            raise ValueError(f"A parameter has at most {FM_MAX_SLOTS} slots. Received: {len(slots)}")
        for j, arrays in enumerate(held):
            if arrays.count != count and not (1 <= j <= 3 and arrays.count == 0):
                raise ValueError(f"One array for each of {count} parameters is needed. Received: {arrays.count}")
        if decays is not None and len(decays) != count:
            raise ValueError(f"One decay for each of {count} parameters is needed. Received: {len(decays)}")
        with self.locked():
            memset(self.bindings, 0, count * sizeof(fm_binding))
            for i in range(count):
                self.bindings[i].weight = self.parameter_pointer(held[0], i)
                self.bindings[i].gradient = self.parameter_pointer(held[1], i)
                self.bindings[i].accumulator = self.parameter_pointer(held[2], i)
                self.bindings[i].average = self.parameter_pointer(held[3], i)
                for j in range(len(slots)):
                    self.bindings[i].slots[j] = self.parameter_pointer(held[4 + j], i)
                if decays is not None:
                    self.bindings[i].decay = decays[i]
            self.bound = held

    cdef object locked(self):
        """Return the lock; a forked child gets a new one, since the old may be held by a thread that it lacks."""
        if self.lock_generation != _forks:
            self.lock = threading.Lock()
            self.lock_generation = _forks
        return self.lock

    cdef void *parameter_pointer(self, Arrays arrays, Py_ssize_t i) except? NULL:
        if arrays.count == 0:
            return NULL
        rows, cols = self.parameters[i]
        cdef Py_buffer *view = &arrays.views[i]
        cdef Py_ssize_t ld = <Py_ssize_t> fm_leading_dimension(cols, self.dtype)
        if view.ndim != 2 or view.shape[0] != rows or view.shape[1] != ld or arrays.arrays[i].dtype != self.dtype:
            raise ValueError(f"Parameter {i} needs an array of shape ({rows}, {ld}) of the plan's dtype")
        return view.buf

    def train(self, Data data, order, size_t first, size_t last, size_t batch_size, double[:, ::1] sums, *,
              const double[::1] learning_rates, uint64_t step, uint64_t seed, double seconds=float("inf"), outputs=(),
              **rule) -> int:
        """Train with each batch of rows order[first] ... order[last - 1].

        Parameters
        ----------
        step : int
            Batches trained with before.
        **rule
            The optimizer's, see `set_rule`.
        sums : numpy.ndarray of float64, shape (terms, 2)
            For each loss, then for each metric: the sum over the rows is added to the first column, and the number of
            rows (of a weighted metric, the sum of their weights) to the second. Likewise in `evaluate` and `gradient`.
        outputs : sequence of array, optional
            Where to write the plan's outputs, as they are before each step: row order[i] to row i - `first`.

        Returns
        -------
        int
            Rows used: all, or a multiple of `batch_size` when `seconds` have passed.
        """
        cdef fm_run run
        self.start(&run, FM_TRAIN, data, first, last, batch_size, seconds)
        self.set_sums(&run, sums)
        self.set_order(&run, data, order)
        if <size_t> learning_rates.shape[0] < (last - first + batch_size - 1) // batch_size:
            raise ValueError(f"One learning rate for each batch is needed. Received: {learning_rates.shape[0]}")
        run.learning_rates = &learning_rates[0] if learning_rates.shape[0] else NULL
        run.step = step
        run.seed = seed
        cdef Arrays _held = self.set_outputs(&run, outputs)
        self.set_rule(&run, rule)
        return self.go(&run)

    def step(self, double learning_rate, *, uint64_t step, str phase="whole", **rule) -> None:
        """Do one optimizer step with the gradients that are bound, or what comes before its formula, or after it.

        Parameters
        ----------
        learning_rate : float
        step : int
            Batches trained with before.
        phase : {'whole', 'before', 'after'}
            For a formula that the engine does not know: "before" leaves the gradients as it needs them, where a step
            is due; "after" averages and constrains.
        **rule
            The optimizer's, see `set_rule`.
        """
        cdef fm_run run
        cdef fm_phase part = <fm_phase> index_of(PHASES, phase, "A phase")
        if self.bindings == NULL:
            raise ValueError("A plan must be finished before it runs")
        memset(&run, 0, sizeof(fm_run))
        run.bindings = self.bindings
        run.threads = _threads
        run.step = step
        run.learning_rates = &learning_rate
        self.set_rule(&run, rule)
        self.check_gradients()
        with self.locked():
            with nogil:
                fm_plan_step(self.plan, &run, part)

    cdef int set_rule(self, fm_run *run, dict given) except -1:
        """Say how weights follow gradients: `fm_run` tells what the numbers are."""
        cdef dict rule = {**_RULE, **given}
        if len(rule) != len(_RULE):
            raise TypeError(f"A rule consists of {', '.join(_RULE)}. Received: {sorted(given)}")
        optimizer, hyper, accumulation = rule["optimizer"], rule["hyper"], rule["accumulation"]
        run.optimizer = <fm_optimizer> index_of(OPTIMIZERS, optimizer, "An optimizer")
        if fill(&run.hyper[1], hyper) != HYPERS[optimizer]:
            raise ValueError(f"The optimizer {optimizer!r} takes {HYPERS[optimizer]} scalars. Received: {len(hyper)}")
        run.clip_value = rule["clip_value"]
        run.clip_norm = rule["clip_norm"]
        run.global_clip_norm = rule["global_clip_norm"]
        run.accumulation = accumulation
        run.ema_momentum = rule["ema_momentum"]
        run.ema_overwrite = rule["ema_overwrite"]
        self.check_bound(SLOTS[optimizer])
        if accumulation > 1 or run.clip_norm > 0 or run.global_clip_norm > 0 or optimizer == "lamb":
            self.check_gradients()
        if accumulation > 1 and (<Arrays> self.bound[2]).count != len(self.parameters):
            raise ValueError("Steps of several batches need accumulators. Received: none")
        return 0

    cdef int check_gradients(self) except -1:
        self.check_bound(0)
        if (<Arrays> self.bound[1]).count != len(self.parameters):
            raise ValueError("Gradients must be bound before they can be computed. Received: none")
        return 0

    def evaluate(self, Data data, size_t first, size_t last, size_t batch_size, double[:, ::1] sums,
                 double seconds=float("inf"), outputs=()) -> int:
        """Add the losses and metrics of rows `first` ... `last` - 1 to `sums`; returns the rows used.

        The plan's outputs for row i are written to row i - `first` of the arrays in `outputs`, if there are any.
        """
        cdef fm_run run
        self.start(&run, FM_EVALUATE, data, first, last, batch_size, seconds)
        cdef Arrays _held = self.set_outputs(&run, outputs)
        self.set_sums(&run, sums)
        self.check_bound(0)
        return self.go(&run)

    def gradient(self, Data data, order, size_t first, size_t last, double[:, ::1] sums, uint64_t step=0,
                 uint64_t seed=0, outputs=()) -> None:
        """Write the gradient of the loss of one batch to the bound gradients, and add its losses to `sums`."""
        cdef fm_run run
        self.start(&run, FM_GRADIENT, data, first, last, last - first, float("inf"))
        cdef Arrays _held = self.set_outputs(&run, outputs)
        self.set_sums(&run, sums)
        self.set_order(&run, data, order)
        run.step = step
        run.seed = seed
        self.check_gradients()
        self.go(&run)

    def predict(self, Data data, outputs, size_t first, size_t last, double seconds=float("inf"), uint64_t step=0,
                uint64_t seed=0) -> int:
        """Write the outputs for rows `first` ... `last` - 1 to rows 0, 1, ... of `outputs`; returns the rows used.

        An output without a batch axis is written to row 0.
        """
        cdef fm_run run
        self.start(&run, FM_PREDICT, data, first, last, self.batch_size, seconds)
        cdef Arrays to = self.set_outputs(&run, outputs)
        if not to.count:
            raise ValueError("A prediction needs outputs. Received: none")
        run.step = step
        run.seed = seed
        self.check_bound(0)
        return self.go(&run)

    cdef Arrays set_outputs(self, fm_run *run, outputs):
        """Hold the arrays that the outputs are written to, while the result lives."""
        cdef Arrays to = Arrays(outputs, True, False)
        cdef Py_ssize_t i
        if to.count == 0:
            return to
        cdef Py_ssize_t rows = <Py_ssize_t> (run.last - run.first)
        if to.widths != tuple(self.output_widths):
            raise ValueError(f"Outputs must have {self.output_widths} columns. Received: {list(to.widths)}")
        for i in range(to.count):
            if to.views[i].shape[0] < (1 if self.output_fixed[i] else rows) or to.arrays[i].dtype != self.dtype:
                raise ValueError(f"Outputs must have the plan's dtype and {rows} rows. "
                                 f"Received: {to.views[i].shape[0]}")
        run.outputs = to.arrays
        return to

    cdef int start(self, fm_run *run, fm_mode mode, Data data, size_t first, size_t last, size_t batch_size,
                   double seconds) except -1:
        cdef Py_ssize_t i
        if self.bindings == NULL:
            raise ValueError("A plan must be finished before it runs")
        if not first <= last <= <size_t> data.rows:
            raise ValueError(f"Rows must lie within the data's {data.rows}. Received: {first} to {last}")
        if not 1 <= batch_size <= self.batch_size:
            raise ValueError(f"`batch_size` must be from 1 to {self.batch_size}. Received: {batch_size}")
        if data.inputs.widths != tuple(self.input_widths):
            raise ValueError(f"The plan's inputs have {self.input_widths} elements a sample. "
                             f"Received: {list(data.inputs.widths)}")
        for matrix in data.matrices:
            if (<Sparse> matrix).parts.arrays[0].dtype != self.dtype:
                raise ValueError("The values of a CSR matrix must have the plan's dtype")
        memset(run, 0, sizeof(fm_run))
        if mode != FM_PREDICT:
            if data.targets.widths != tuple(self.target_widths):
                raise ValueError(f"The plan's targets have {self.target_widths} elements a sample. "
                                 f"Received: {list(data.targets.widths)}")
            if data.weights.count:
                for i, (rows, width) in enumerate(zip(self.target_rows, data.weights.widths, strict=True)):
                    if data.weights.arrays[i].data != NULL and width != rows:
                        raise ValueError(f"Weights must have {rows} elements a sample. Received: {width}")
                run.weights = data.weights.arrays
        run.mode = mode
        run.inputs = data.inputs.arrays
        run.targets = data.targets.arrays
        run.bindings = self.bindings
        run.first = first
        run.last = last
        run.batch_size = batch_size
        run.threads = _threads
        run.seconds = seconds
        return 0

    cdef int set_sums(self, fm_run *run, double[:, ::1] sums) except -1:
        if sums.shape[0] != self.terms or sums.shape[1] != 2:
            raise ValueError(f"`sums` must have shape ({self.terms}, 2). Received: ({sums.shape[0]}, {sums.shape[1]})")
        run.sums = &sums[0, 0] if self.terms else NULL
        return 0

    cdef int set_order(self, fm_run *run, Data data, order) except -1:
        if order is None:
            return 0
        cdef const int64_t[::1] rows = order
        cdef size_t i
        if <size_t> rows.shape[0] < run.last:
            raise ValueError(f"The order must name {run.last} rows. Received: {rows.shape[0]}")
        for i in range(run.first, run.last):
            if not 0 <= rows[i] < data.rows:
                raise ValueError(f"The order must name rows from 0 to {data.rows - 1}. Received: {rows[i]}")
        run.order = &rows[0] if rows.shape[0] else NULL
        return 0

    cdef int check_bound(self, Py_ssize_t slots) except -1:
        if self.bound is None:
            raise ValueError("Parameters must be bound before a plan runs")
        if len(self.bound) - 4 < slots:
            raise ValueError(f"The optimizer needs {slots} slots. Received: {len(self.bound) - 4}")
        return 0

    cdef Py_ssize_t go(self, fm_run *run) except -1:
        cdef Py_ssize_t used
        with self.locked():
            with nogil:
                used = fm_plan_run(self.plan, run)
        return used


cdef Py_ssize_t fill(double *to, scalars) except -1:
    """Copy an op's scalars; returns how many there are."""
    cdef Py_ssize_t n = len(scalars), i
    if n >= FM_MAX_SCALARS:
        raise ValueError(f"There are at most {FM_MAX_SCALARS - 1} scalars. Received: {n}")
    for i in range(n):
        to[i] = scalars[i]
    return n


cdef configure():
    """Take FASTMLP_ISA and FASTMLP_NUM_THREADS from the environment."""
    threads = os.environ.get("FASTMLP_NUM_THREADS") or threads_available()
    try:
        select_isa(os.environ.get("FASTMLP_ISA") or None)
    except ValueError as error:
        raise ImportError(str(error)) from None
    try:
        set_num_threads(int(threads))
    except ValueError:
        raise ImportError(f"FASTMLP_NUM_THREADS must be an integer from 1 to {FM_MAX_THREADS}. "
                          f"Received: {threads!r}") from None


configure()
