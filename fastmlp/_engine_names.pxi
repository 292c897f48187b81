"""What things of the engine are called in Python, and its statuses as exceptions."""

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
    "mse", "mae", "huber", "poisson_log", "binary_crossentropy", "binary_crossentropy_logits",
    "categorical_crossentropy", "categorical_crossentropy_logits", "sparse_categorical_crossentropy",
    "sparse_categorical_crossentropy_logits", "value",
)
PER = ("row", "weight")  # what a loss is a mean over
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
