"""The machine: instruction sets, threads, peak; and the choice among them at import."""

import os

from libc.stdint cimport uintptr_t

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
    _threads = checked_threads(threads)


cdef int checked_threads(threads) except -1:
    if isinstance(threads, bool) or not hasattr(threads, "__index__") or not 1 <= threads <= FM_MAX_THREADS:
        raise ValueError(f"The number of threads must be an integer from 1 to {FM_MAX_THREADS}. Received: {threads!r}")
    return threads.__index__()


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
        "perceptron_epoch": <uintptr_t> k.perceptron_epoch,
        "all_finite": <uintptr_t> k.all_finite,
        "peak": <uintptr_t> k.peak,
    }


cdef int openmp_limit():
    """Return how many threads OMP_NUM_THREADS allows; joblib sets it for its workers, which share the CPUs."""
    outermost = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return min(int(outermost), FM_MAX_THREADS) if outermost.isdecimal() and int(outermost) else FM_MAX_THREADS


cdef configure():
    """Take FASTMLP_ISA, and FASTMLP_NUM_THREADS or OMP_NUM_THREADS, from the environment."""
    threads = os.environ.get("FASTMLP_NUM_THREADS") or min(threads_available(), openmp_limit())
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
