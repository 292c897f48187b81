"""The plain twin of every C kernel, in float64 NumPy: what `src_c/kernels` must compute.

The functions carry the kernels' names. They take and return whole unpadded matrices, and names in lower case where C
has enums ("relu" for FM_RELU); letters are those of `src_c/fm.h`.
"""

import math

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Scalars = tuple[float, ...]

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
PROBABILITY_LOWEST = 1e-7
FROM_OUTPUT = (  # their derivative is computed from y, that of all others from x
    "linear", "relu", "sigmoid", "tanh", "softplus", "elu", "selu", "leaky_relu", "exponential", "softsign",
    "hard_sigmoid", "step", "sign",
)  # fmt: skip


# ---- dense ----


def dense_forward(x: Matrix, w: Matrix, b: Matrix | None, act: str = "linear", s: Scalars = ()) -> Matrix:
    return activation_forward(x @ w + (0 if b is None else b), act, s)


def dense_gradient(x: Matrix, dy: Matrix) -> Matrix:
    return x.T @ dy


def dense_update(
    w: Matrix, slots: list[Matrix], x: Matrix, dy: Matrix, optimizer: str, h: Scalars, **terms: float
) -> tuple[Matrix, list[Matrix]]:
    return optimizer_step(w, slots, dense_gradient(x, dy), optimizer, h, **terms)


def dense_backward(w: Matrix, dyt: Matrix, a: Matrix | None, act: str = "linear", s: Scalars = ()) -> Matrix:
    return dense_backward_narrow(w, dyt.T, a, act, s)


def dense_backward_narrow(w: Matrix, dy: Matrix, a: Matrix | None, act: str = "linear", s: Scalars = ()) -> Matrix:
    dx = dy @ w.T
    return dx if a is None else activation_backward(dx, a, act, s)


def transpose(a: Matrix) -> Matrix:
    return a.T


# ---- reduce ----


def column_sums(a: Matrix) -> Matrix:
    return a.sum(axis=0)


def gather(x: npt.NDArray[np.generic], order: npt.NDArray[np.int64]) -> Matrix:
    return x[order].astype(np.float64)


def copy(x: Matrix) -> Matrix:
    return x.copy()


def reduce_forward(x: Matrix, kind: str) -> Matrix:
    match kind:
        case "sum" | "mean" | "max" | "min" | "prod":
            return np.asarray(getattr(x, kind)(axis=1, keepdims=True))
        case "logsumexp":
            return np.asarray(np.logaddexp.reduce(x, axis=1, keepdims=True))
        case "argmax" | "argmin":
            return getattr(x, kind)(axis=1)[:, None].astype(np.float64)
    raise ValueError(kind)


def reduce_backward(dy: Matrix, x: Matrix, y: Matrix, kind: str) -> Matrix:
    n = x.shape[1]
    match kind:
        case "sum":
            return dy * np.ones_like(x)
        case "mean":
            return dy * np.full_like(x, 1 / n)
        case "max" | "min":
            return dy * (x == y) / (x == y).sum(axis=1, keepdims=True)
        case "prod":
            others = [np.delete(x, j, axis=1).prod(axis=1, keepdims=True) for j in range(n)]
            return dy * np.concatenate(others, axis=1)
        case "logsumexp":
            return dy * np.exp(x - y)
    raise ValueError(kind)


# ---- binary ----


def binary_forward(a: Matrix, b: Matrix, kind: str) -> Matrix:
    if kind == "mask":
        return np.where(a != 0, b, 0.0)
    return getattr(np, kind)(a, b).astype(np.float64)


def binary_backward(dy: Matrix, a: Matrix, b: Matrix, kind: str, second: bool) -> Matrix:
    """Return dy times the derivative to a, or to b, before anything is summed over what was one for all."""
    match kind:
        case "add":
            slope = 1.0
        case "subtract":
            slope = -1.0 if second else 1.0
        case "multiply":
            slope = a if second else b
        case "divide":
            slope = -a / b**2 if second else 1 / b
        case "maximum":
            slope = (a >= b) != second
        case "minimum":
            slope = (a <= b) != second
        case "power":
            slope = np.where(a > 0, a**b * np.log(np.where(a > 0, a, 1)), 0) if second else b * a ** (b - 1)
        case "mask":
            slope = (a != 0) if second else 0.0
        case _:
            raise ValueError(kind)
    return dy * slope * np.ones(np.broadcast_shapes(a.shape, b.shape))


# ---- activation ----


def sigmoid(x: Matrix) -> Matrix:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def normal_cdf(x: Matrix) -> Matrix:
    return np.vectorize(math.erfc, otypes=[np.float64])(-x / math.sqrt(2)) / 2


def gelu_tanh_argument(x: Matrix) -> Matrix:
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


def erf(x: Matrix) -> Matrix:
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def activation_forward(x: Matrix, act: str, s: Scalars = ()) -> Matrix:
    match act:
        case "linear":
            return x.copy()
        case "relu":
            return np.where(x < 0, 0, x)
        case "sigmoid":
            return sigmoid(x)
        case "tanh":
            return np.tanh(x)
        case "softplus":
            return np.logaddexp(x, 0)
        case "elu":
            return np.where(x > 0, x, s[0] * np.expm1(np.minimum(x, 0)))
        case "selu":
            return SELU_SCALE * activation_forward(x, "elu", (SELU_ALPHA,))
        case "leaky_relu":
            return np.where(x > 0, x, s[0] * x)
        case "exponential":
            return np.exp(x)
        case "softsign":
            return x / (1 + np.abs(x))
        case "hard_sigmoid":
            return np.clip(x + 3, 0, 6) / 6
        case "step":
            return np.where(np.isnan(x), x, x >= 0)
        case "sign":
            return np.sign(x)
        case "gelu":
            return x * normal_cdf(x)
        case "gelu_tanh":
            return x * sigmoid(2 * gelu_tanh_argument(x))
        case "silu":
            return x * sigmoid(x)
        case "relu_general":
            return np.where(x > s[2], np.minimum(x, s[1]), s[0] * (x - s[2]))
        case "celu":
            return np.where(x > 0, x, s[0] * np.expm1(np.minimum(x, 0) / s[0]))
        case "mish":
            return x * np.tanh(np.logaddexp(x, 0))
        case "log_sigmoid":
            return -np.logaddexp(-x, 0)
        case "hard_silu":
            return x * np.clip(x + 3, 0, 6) / 6
        case "hard_shrink":
            return np.where(np.abs(x) > s[0], x, 0)
        case "soft_shrink":
            return np.sign(x) * np.maximum(np.abs(x) - s[0], 0)
        case "tanh_shrink":
            return x - np.tanh(x)
        case "threshold":
            return np.where(x > s[0], x, s[1])
        case "sparse_plus":
            return np.where(x < 1, np.maximum((x + 1) / 2, 0) ** 2, x)
        case "sparse_sigmoid":
            return np.clip((x + 1) / 2, 0, 1)
        case "squareplus":
            return (x + np.sqrt(x**2 + s[0])) / 2
        case "affine":
            return s[0] * x + s[1]
        case "clip":
            return np.clip(x, s[0], s[1])
        case "rsqrt":
            return 1 / np.sqrt(x)
        case "erf":
            return erf(x)
        case "absolute" | "square" | "sqrt" | "reciprocal" | "expm1" | "log" | "log1p" | "sin" | "cos":
            return np.asarray(getattr(np, act)(x))
        case "floor" | "ceil" | "round":
            return np.asarray(getattr(np, act)(x))
    raise ValueError(act)


def activation_slope(a: Matrix, act: str, s: Scalars = ()) -> Matrix:
    match act:
        case "linear":
            return np.ones_like(a)
        case "relu":
            return (a > 0).astype(np.float64)
        case "sigmoid":
            return a * (1 - a)
        case "tanh":
            return 1 - a**2
        case "softplus":
            return -np.expm1(-a)
        case "elu":
            return np.where(a > 0, 1, a + s[0])
        case "selu":
            return np.where(a > 0, SELU_SCALE, a + SELU_SCALE * SELU_ALPHA)
        case "leaky_relu":
            return np.where(a > 0, 1, s[0])
        case "exponential":
            return a
        case "softsign":
            return (1 - np.abs(a)) ** 2
        case "hard_sigmoid":
            return np.where((a > 0) & (a < 1), 1 / 6, 0)
        case "step" | "sign":
            return np.zeros_like(a)
        case "gelu":
            return normal_cdf(a) + a * np.exp(-(a**2) / 2) / math.sqrt(2 * math.pi)
        case "gelu_tanh":
            gate = sigmoid(2 * gelu_tanh_argument(a))
            return gate + a * gate * (1 - gate) * 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * a**2)
        case "silu":
            gate = sigmoid(a)
            return gate + a * gate * (1 - gate)
        case "relu_general":
            return np.where(a > s[2], np.where(a < s[1], 1, 0), s[0])
        case "celu":
            return np.exp(np.minimum(a, 0) / s[0])
        case "mish":
            gate = np.tanh(np.logaddexp(a, 0))
            return gate + a * (1 - gate**2) * sigmoid(a)
        case "log_sigmoid":
            return sigmoid(-a)
        case "hard_silu":
            return np.clip(a + 3, 0, 6) / 6 + np.where(np.abs(a) < 3, a / 6, 0)
        case "hard_shrink" | "soft_shrink":
            return (np.abs(a) > s[0]).astype(np.float64)
        case "tanh_shrink":
            return np.tanh(a) ** 2
        case "threshold":
            return (a > s[0]).astype(np.float64)
        case "sparse_plus":
            return np.clip((a + 1) / 2, 0, 1)
        case "sparse_sigmoid":
            return np.where(np.abs(a) < 1, 0.5, 0)
        case "squareplus":
            return 0.5 + a / np.sqrt(a**2 + s[0]) / 2
    return elementary_slope(a, act, s)


def elementary_slope(x: Matrix, act: str, s: Scalars = ()) -> Matrix:
    match act:
        case "affine":
            return np.full_like(x, s[0])
        case "clip":
            return ((x >= s[0]) & (x <= s[1])).astype(np.float64)
        case "absolute":
            return np.sign(x)
        case "square":
            return 2 * x
        case "sqrt":
            return 0.5 / np.sqrt(x)
        case "rsqrt":
            return -0.5 / x**1.5
        case "reciprocal":
            return -1 / x**2
        case "expm1":
            return np.exp(x)
        case "log":
            return 1 / x
        case "log1p":
            return 1 / (1 + x)
        case "erf":
            return 2 / math.sqrt(math.pi) * np.exp(-(x**2))
        case "sin":
            return np.cos(x)
        case "cos":
            return -np.sin(x)
        case "floor" | "ceil" | "round":
            return np.zeros_like(x)
    raise ValueError(act)


def activation_backward(dy: Matrix, a: Matrix, act: str, s: Scalars = ()) -> Matrix:
    return dy * activation_slope(a, act, s)


def softmax_forward(x: Matrix) -> Matrix:
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_backward(dy: Matrix, y: Matrix) -> Matrix:
    return y * (dy - (dy * y).sum(axis=1, keepdims=True))


def log_softmax_forward(x: Matrix) -> Matrix:
    return x - reduce_forward(x, "logsumexp")


def log_softmax_backward(dy: Matrix, y: Matrix) -> Matrix:
    return dy - np.exp(y) * dy.sum(axis=1, keepdims=True)


# ---- random ----


def threefry(x0: npt.NDArray[np.uint32], x1: npt.NDArray[np.uint32], key: int) -> tuple[npt.NDArray[np.uint32], ...]:
    """Threefry-2x32 with 13 rounds."""
    keys = [key & 0xFFFFFFFF, key >> 32]
    keys.append(keys[0] ^ keys[1] ^ 0x1BD11BDA)
    x0, x1 = x0 + np.uint32(keys[0]), x1 + np.uint32(keys[1])
    for i, left in enumerate((13, 15, 26, 6, 17, 29, 16, 24, 13, 15, 26, 6, 17)):
        x0 = x0 + x1
        x1 = (x1 << np.uint32(left) | x1 >> np.uint32(32 - left)) ^ x0
        if i % 4 == 3:
            turn = i // 4 + 1
            x0 = x0 + np.uint32(keys[turn % 3])
            x1 = x1 + np.uint32((keys[(turn + 1) % 3] + turn) & 0xFFFFFFFF)
    return x0, x1


def counter_words(numbers: npt.NDArray[np.uint64], key: int) -> tuple[npt.NDArray[np.uint32], ...]:
    """Return the two words of the counters that hold the draws with these numbers of the stream `key`."""
    counter = numbers // 32 * 16 + numbers % 16
    return threefry((counter & 0xFFFFFFFF).astype(np.uint32), (counter >> np.uint64(32)).astype(np.uint32), key)


def draws(numbers: npt.NDArray[np.uint64], key: int) -> Matrix:
    """Return the draws with these numbers of the stream `key`, in [0, 1), in steps of 2^-31."""
    return (np.where(numbers % 32 < 16, *counter_words(numbers, key)) >> np.uint32(1)) / 2.0**31


def element_numbers(x: Matrix) -> npt.NDArray[np.uint64]:
    return np.arange(x.size, dtype=np.uint64).reshape(x.shape)


def dropout(
    x: Matrix, rate: float, key: int, factor: float | None = None, shift: float = 0, dropped: float = 0
) -> Matrix:
    factor = 1 / (1 - rate) if factor is None else factor
    return np.where(draws(element_numbers(x), key) >= rate, factor * x + shift, dropped)


def normals(numbers: npt.NDArray[np.uint64], key: int) -> Matrix:
    """Return the standard normal numbers of these numbers in the stream `key`: the method of Box and Muller."""
    first, second = counter_words(numbers, key)
    radius = np.sqrt(-2 * np.log((first >> np.uint32(1)) / 2.0**31 + 2.0**-32))
    angle = 2 * np.pi * (second / 2.0**32)
    return radius * np.where(numbers % 32 < 16, np.cos(angle), np.sin(angle))


def gaussian(x: Matrix, stddev: float, multiply: bool, key: int) -> Matrix:
    return x + stddev * normals(element_numbers(x), key) * (x if multiply else 1)


# ---- normalize ----


def column_moments(x: Matrix) -> tuple[Matrix, Matrix]:
    return x.mean(axis=0), x.var(axis=0)


def normalize_columns(
    x: Matrix, mean: Matrix, variance: Matrix, gamma: Matrix | None, beta: Matrix | None, epsilon: float
) -> Matrix:
    xhat = (x - mean) / np.sqrt(variance + epsilon)
    return xhat * (1 if gamma is None else gamma) + (0 if beta is None else beta)


def normalize_columns_gradients(
    dy: Matrix, x: Matrix, mean: Matrix, variance: Matrix, epsilon: float
) -> tuple[Matrix, Matrix]:
    return (dy * normalize_columns(x, mean, variance, None, None, epsilon)).sum(axis=0), dy.sum(axis=0)


def normalize_columns_backward(
    dy: Matrix, x: Matrix, mean: Matrix, variance: Matrix, gamma: Matrix | None, epsilon: float, fixed: bool
) -> Matrix:
    factor = (1 if gamma is None else gamma) / np.sqrt(variance + epsilon)
    if fixed:
        return factor * dy
    xhat = normalize_columns(x, mean, variance, None, None, epsilon)
    return factor * (dy - dy.mean(axis=0) - xhat * (dy * xhat).mean(axis=0))


def normalize_rows(x: Matrix, gamma: Matrix | None, beta: Matrix | None, epsilon: float) -> tuple[Matrix, Matrix]:
    """Return y and the moments: mean and 1 / sqrt(variance + epsilon) of each row."""
    mean, inverse = x.mean(axis=1), 1 / np.sqrt(x.var(axis=1) + epsilon)
    xhat = (x - mean[:, np.newaxis]) * inverse[:, np.newaxis]
    return xhat * (1 if gamma is None else gamma) + (0 if beta is None else beta), np.stack([mean, inverse], axis=1)


def normalize_rows_gradient(dy: Matrix, x: Matrix, moments: Matrix) -> Matrix:
    return (dy * (x - moments[:, :1]) * moments[:, 1:]).sum(axis=0)


def normalize_rows_backward(dy: Matrix, x: Matrix, moments: Matrix, gamma: Matrix | None) -> Matrix:
    d, xhat = dy * (1 if gamma is None else gamma), (x - moments[:, :1]) * moments[:, 1:]
    means = d.mean(axis=1, keepdims=True), (d * xhat).mean(axis=1, keepdims=True)
    return moments[:, 1:] * (d - means[0] - xhat * means[1])


# ---- lookup ----


def valid(x: Matrix, k: int) -> npt.NDArray[np.bool_]:
    return (x >= 0) & (x < k)


def embed(table: Matrix, x: Matrix) -> Matrix:
    numbers = x.ravel()
    rows = table[np.where(valid(numbers, len(table)), numbers, 0).astype(int)]
    return np.where(valid(numbers, len(table))[:, np.newaxis], rows, np.nan)


def embed_gradient(dy: Matrix, x: Matrix, k: int) -> Matrix:
    dtable = np.zeros((k, dy.shape[1]))
    kept = valid(x.ravel(), k)
    np.add.at(dtable, x.ravel()[kept].astype(int), dy[kept])
    return dtable


def encode(x: Matrix, n: int, count: bool, weights: Matrix | None = None) -> Matrix:
    hot = np.floor(x)[:, :, np.newaxis] == np.arange(n)
    hot &= valid(x, n)[:, :, np.newaxis]
    return (hot * (1 if weights is None else weights[:, :, np.newaxis])).sum(axis=1) if count else hot.any(axis=1) * 1.0


def take(x: Matrix, indices: npt.NDArray[np.int32]) -> Matrix:
    """Samples in rows, `indices` (rows, cols) of one sample of the result."""
    return x.reshape(len(x), -1)[:, indices.ravel()]


def take_backward(dy: Matrix, indices: npt.NDArray[np.int32], size: int) -> Matrix:
    dx = np.zeros((len(dy), size))
    np.add.at(dx, (slice(None), indices.ravel()), dy)
    return dx


# ---- loss ----


def one_hot(t: Matrix, n: int) -> Matrix:
    return (np.arange(n) == t).astype(np.float64)


def clip(p: Matrix) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    """Return the clipped probabilities and where the clip lets a gradient pass."""
    lowest, highest = PROBABILITY_LOWEST, 1 - PROBABILITY_LOWEST
    return np.clip(p, lowest, highest), (p >= lowest) & (p <= highest)


def loss(z: Matrix, t: Matrix, kind: str, s: Scalars = ()) -> tuple[Matrix, Matrix]:
    """Return the loss of each row and its gradient with respect to z."""
    n = z.shape[1]
    if "categorical" in kind:
        t = one_hot(t, n) if kind.startswith("sparse") else t * (1 - s[0]) + s[0] / n
        if kind.endswith("logits"):
            shifted = z - z.max(axis=1, keepdims=True)
            log_q = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            slope = np.exp(log_q) * t.sum(axis=1, keepdims=True) - t
            if s[1:] and s[1] > 0:
                log_q = np.log(np.clip(np.exp(log_q), s[1], 1 - s[1]))
            return -(t * log_q).sum(axis=1), slope
        total = z.sum(axis=1, keepdims=True)
        q, passes = clip(z / total)
        slope = np.where(passes, -t / q, 0)
        return -(t * np.log(q)).sum(axis=1), (slope - (slope * z / total).sum(axis=1, keepdims=True)) / total
    value, slope = element_loss(z, t, kind, s)
    return value.mean(axis=1), slope / n


def element_loss(z: Matrix, t: Matrix, kind: str, s: Scalars) -> tuple[Matrix, Matrix]:
    d = z - t
    match kind:
        case "mse":
            return d**2, 2 * d
        case "mae":
            return np.abs(d), np.sign(d)
        case "huber":
            far = np.abs(d) > s[0]
            return np.where(far, s[0] * (np.abs(d) - s[0] / 2), d**2 / 2), np.where(far, s[0] * np.sign(d), d)
        case "poisson_log":
            positive = np.where(t == 0, 1, t)
            return np.exp(z) + np.where(t == 0, 0, t * (np.log(positive) - z) - t), np.exp(z) - t
        case "binary_crossentropy":
            t = t * (1 - s[0]) + s[0] / 2
            p, passes = clip(z)
            return -(t * np.log(p) + (1 - t) * np.log1p(-p)), np.where(passes, (p - t) / (p * (1 - p)), 0)
        case "binary_crossentropy_logits":
            t = t * (1 - s[0]) + s[0] / 2
            if s[1:] and s[1] > 0:
                p = np.clip(1 / (1 + np.exp(-z)), s[1], 1 - s[1])
                return -(t * np.log(p) + (1 - t) * np.log(1 - p)), sigmoid(z) - t
            return np.logaddexp(0, z) - z * t, sigmoid(z) - t
    raise ValueError(kind)


def probabilities(z: Matrix, kind: str) -> Matrix:
    """Return what the losses on logits write to p."""
    return sigmoid(z) if kind.startswith("binary") else softmax_forward(z)


def metric(p: Matrix, t: Matrix, kind: str, s: Scalars = ()) -> Matrix:
    match kind:
        case "binary_accuracy":
            return ((p > s[0]) == t).mean(axis=1)
        case "categorical_accuracy":
            return (p.argmax(axis=1) == t.argmax(axis=1)).astype(np.float64)
        case "sparse_categorical_accuracy":
            return (p.argmax(axis=1) == t[:, 0]).astype(np.float64)
        case "mean_squared_error":
            return ((p - t) ** 2).mean(axis=1)
        case "mean_absolute_error":
            return np.abs(p - t).mean(axis=1)
    raise ValueError(kind)


# ---- optimizer ----

SLOTS = {
    "sgd": 0,
    "momentum": 1,
    "nesterov": 1,
    "adam": 2,
    "amsgrad": 3,
    "adamax": 2,
    "nadam": 2,
    "rmsprop": 1,
    "rmsprop_momentum": 2,
    "rmsprop_centered": 2,
    "rmsprop_centered_momentum": 3,
    "adagrad": 1,
    "adadelta": 2,
    "ftrl": 2,
    "lion": 1,
    "lamb": 3,
    "schedule_free": 2,
}


def optimizer_step(
    w: Matrix, slots: list[Matrix], g: Matrix, optimizer: str, h: Scalars, **terms: float
) -> tuple[Matrix, list[Matrix]]:
    """Return the new weights and slots."""
    g, w = optimizer_prepare(g, w, **terms)
    match optimizer:
        case "sgd":
            return w - h[0] * g, []
        case "momentum":
            v = h[1] * slots[0] - h[0] * g
            return w + v, [v]
        case "nesterov":
            v = h[1] * slots[0] - h[0] * g
            return w + h[1] * v - h[0] * g, [v]
        case "adam" | "amsgrad" | "nadam" | "lamb":
            return adam_step(w, slots, g, optimizer, h)
        case "adamax":
            m = h[1] * slots[0] + (1 - h[1]) * g
            u = np.maximum(h[2] * slots[1], np.abs(g))
            return w - h[0] * m / (u + h[3]), [m, u]
        case "rmsprop" | "rmsprop_momentum" | "rmsprop_centered" | "rmsprop_centered_momentum":
            return rmsprop_step(w, slots, g, optimizer.split("_")[1:], h)
        case "adagrad":
            a = slots[0] + g**2
            return w - h[0] * g / np.sqrt(a + h[1]), [a]
        case "adadelta":
            a = h[1] * slots[0] + (1 - h[1]) * g**2
            d = np.sqrt(slots[1] + h[2]) * g / np.sqrt(a + h[2])
            return w - h[0] * d, [a, h[1] * slots[1] + (1 - h[1]) * d**2]
        case "ftrl":
            a = slots[0] + g**2
            z = slots[1] + g + 2 * h[4] * w - (a ** -h[1] - slots[0] ** -h[1]) / h[0] * w
            return (np.clip(z, -h[2], h[2]) - z) / (a ** -h[1] / h[0] + 2 * h[3] + h[5] / h[0]), [a, z]
        case "lion":
            ahead = h[1] * slots[0] + (1 - h[1]) * g
            return w - h[0] * np.sign(ahead), [h[2] * slots[0] + (1 - h[2]) * g]
        case "schedule_free":
            v = h[2] * slots[1] + (1 - h[2]) * g**2
            z = slots[0] - h[0] * g / (np.sqrt(v * h[5]) + h[3])
            mean = (w - (1 - h[1]) * slots[0]) / h[1]
            mean = (1 - h[6]) * mean + h[6] * z
            return (1 - h[1]) * z + h[1] * mean, [z, v]
    raise ValueError(optimizer)


def adam_step(w: Matrix, slots: list[Matrix], g: Matrix, optimizer: str, h: Scalars) -> tuple[Matrix, list[Matrix]]:
    m = h[1] * slots[0] + (1 - h[1]) * g
    v = h[2] * slots[1] + (1 - h[2]) * g**2
    match optimizer:
        case "adam":
            return w - h[0] * m / (np.sqrt(v) + h[3]), [m, v]
        case "amsgrad":
            most = np.maximum(slots[2], v)
            return w - h[0] * m / (np.sqrt(most) + h[3]), [m, v, most]
        case "nadam":
            return w - h[0] * (h[4] * m + h[5] * g) / (np.sqrt(h[6] * v) + h[3]), [m, v]
    return w, [m, v, h[4] * m / (np.sqrt(h[5] * v) + h[3])]


def rmsprop_step(w: Matrix, slots: list[Matrix], g: Matrix, kind: list[str], h: Scalars) -> tuple[Matrix, list[Matrix]]:
    new = [h[1] * slots[0] + (1 - h[1]) * g**2]
    spread = new[0]
    if "centered" in kind:
        mean = h[1] * slots[-1] + (1 - h[1]) * g
        spread = spread - mean**2
    change = h[0] * g / np.sqrt(spread + h[2])
    if "momentum" in kind:
        change = h[3] * slots[1] + change
        new.append(change)
    return w - change, [*new, mean] if "centered" in kind else new


def optimizer_prepare(
    g: Matrix, w: Matrix, l1: float = 0, l2: float = 0, clip: float = 0, decay: float = 0
) -> tuple[Matrix, Matrix]:
    """Return gradients with penalties and clipped, and decayed weights."""
    g = g + l1 * np.sign(w) + 2 * l2 * w
    return np.clip(g, -clip, clip) if clip else g, w - decay * w


def blend(y: Matrix, x: Matrix, a: float, b: float) -> Matrix:
    return a * y + b * x


def square_sum(a: Matrix) -> Matrix:
    return (a**2).sum()


# ---- constraint ----


def constrain(w: Matrix, constraint: str, norm: str, s: Scalars = ()) -> Matrix:
    if constraint == "non_neg":
        return np.maximum(w, 0)
    length = np.sqrt((w**2).sum(axis={"of_columns": 0, "of_rows": 1}[norm], keepdims=True))
    match constraint:
        case "max_norm":
            wanted = np.minimum(length, s[0])
        case "unit_norm":
            wanted = np.ones_like(length)
        case "min_max_norm":
            wanted = s[2] * np.clip(length, s[0], s[1]) + (1 - s[2]) * length
    return w * wanted / (length + 1e-7)


# ---- perceptron ----


def perceptron_epoch(
    x: Matrix,
    w: npt.NDArray[np.float64],
    intercept: float,
    *,
    positive: npt.NDArray[np.bool_],
    held_out: npt.NDArray[np.bool_],
    row_weights: npt.NDArray[np.float64],
    class_weights: tuple[float, float],
    order: npt.NDArray[np.integer],
    rate: float,
    intercept_rate: float,
    penalty: tuple[float, float, bool],
) -> tuple[npt.NDArray[np.float64], tuple[float, float, float]]:
    """Return the weights, and the intercept, loss and objective, summed over the rows."""
    alpha, l1_ratio, penalized = penalty
    w, shrunk, could_shrink = w.copy(), np.zeros_like(w), 0.0
    square_norm, absolute_norm = (w**2).sum(), abs(w).sum()
    decay = max(0, 1 - (1 - l1_ratio) * rate * alpha) if penalized else 1
    loss = objective = 0.0
    for row in order[~held_out[order]]:
        sign = 1 if positive[row] else -1
        margin = sign * (x[row] @ w + intercept)
        loss += max(0, -margin)
        objective += max(0, -margin)
        if penalized:
            objective += alpha * ((1 - l1_ratio) / 2 * square_norm + l1_ratio * absolute_norm)
        w *= decay
        square_norm, absolute_norm = square_norm * decay**2, absolute_norm * decay
        step = sign * rate * class_weights[int(positive[row])] * row_weights[row] if margin <= 0 else 0
        touched = x[row] != 0
        if step:
            w += step * x[row]
            intercept += step * intercept_rate
            square_norm, absolute_norm = (w[touched] ** 2).sum(), abs(w[touched]).sum()
        could_shrink += l1_ratio * rate * alpha
        before = w.copy()
        w = np.where(w > 0, np.maximum(0, w - could_shrink - shrunk), np.minimum(0, w + could_shrink - shrunk))
        w = np.where(touched, w, before)
        shrunk += w - before
    return w, (intercept, loss, objective)
