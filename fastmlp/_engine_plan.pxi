"""Plans: built part by part, bound to parameters, run."""

import os
import threading

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

# What an optimizer tells the engine beside the learning rate: names in `Plan.train`, and what holds without them.
_RULE = {
    "optimizer": "sgd", "hyper": (), "clip_value": 0.0, "clip_norm": 0.0, "global_clip_norm": 0.0, "accumulation": 1,
    "ema_momentum": 0.0, "ema_overwrite": 0,
}

cdef int _forks = 0  # of this process's ancestors since the import


def count_fork():
    """Let plans of a forked child make new locks."""
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=count_fork)


cdef Py_ssize_t fill(double *to, scalars) except -1:
    """Copy an op's scalars; returns how many there are."""
    cdef Py_ssize_t n = len(scalars), i
    if n >= FM_MAX_SCALARS:
        raise ValueError(f"There are at most {FM_MAX_SCALARS - 1} scalars. Received: {n}")
    for i in range(n):
        to[i] = scalars[i]
    return n


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

    def spread_penalties(self, int target) -> None:
        """Divide all penalties by the sum of a target's weights in the batch; by its rows where it has no weights."""
        check(fm_plan_spread_penalties(self.plan, target))

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

    def loss(self, str kind, int value, int target, double weight=1.0, scalars=(), str per="row") -> int:
        """Add a loss of a value against a target, a mean per row or per weight; returns its row in `sums`."""
        cdef double[FM_MAX_SCALARS] numbers
        cdef Py_ssize_t n = fill(numbers, scalars)
        self.terms += 1
        return check(fm_plan_loss(self.plan, <fm_loss> index_of(LOSSES, kind, "A loss"), value, target, weight,
                                  <fm_per> index_of(PER, per, "`per`"), numbers, n))

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
              threads=None, **rule) -> int:
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
            What a batch has one number for counts once a row: a mean per weight, the penalties.
        outputs : sequence of array, optional
            Where to write the plan's outputs, as they are before each step: row order[i] to row i - `first`.
        threads : int, optional
            The most threads of this run; by default `get_num_threads()`. Likewise in the other kinds of runs.

        Returns
        -------
        int
            Rows used: all, or a multiple of `batch_size` when `seconds` have passed.
        """
        cdef fm_run run
        self.start(&run, FM_TRAIN, data, first, last, batch_size, seconds, threads)
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
                 double seconds=float("inf"), outputs=(), threads=None) -> int:
        """Add the losses and metrics of rows `first` ... `last` - 1 to `sums`; returns the rows used.

        The plan's outputs for row i are written to row i - `first` of the arrays in `outputs`, if there are any.
        """
        cdef fm_run run
        self.start(&run, FM_EVALUATE, data, first, last, batch_size, seconds, threads)
        cdef Arrays _held = self.set_outputs(&run, outputs)
        self.set_sums(&run, sums)
        self.check_bound(0)
        return self.go(&run)

    def gradient(self, Data data, order, size_t first, size_t last, double[:, ::1] sums, uint64_t step=0,
                 uint64_t seed=0, outputs=(), threads=None) -> None:
        """Write the gradient of the loss of one batch to the bound gradients, and add its losses to `sums`."""
        cdef fm_run run
        self.start(&run, FM_GRADIENT, data, first, last, last - first, float("inf"), threads)
        cdef Arrays _held = self.set_outputs(&run, outputs)
        self.set_sums(&run, sums)
        self.set_order(&run, data, order)
        run.step = step
        run.seed = seed
        self.check_gradients()
        self.go(&run)

    def predict(self, Data data, outputs, size_t first, size_t last, double seconds=float("inf"), uint64_t step=0,
                uint64_t seed=0, threads=None) -> int:
        """Write the outputs for rows `first` ... `last` - 1 to rows 0, 1, ... of `outputs`; returns the rows used.

        An output without a batch axis is written to row 0.
        """
        cdef fm_run run
        self.start(&run, FM_PREDICT, data, first, last, self.batch_size, seconds, threads)
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
                   double seconds, threads) except -1:
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
        run.threads = _threads if threads is None else checked_threads(threads)
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
