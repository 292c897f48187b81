"""Means over sample weights and penalties spread over them: training as scikit-learn's formulas have it.

The twin is plain NumPy: Pedregosa et al.'s multilayer perceptron divides losses, gradients and penalties of a batch by
the sum of its weights, and takes logs of probabilities clipped to [eps, 1 - eps].
"""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

import reference
from fastmlp._engine import Data, Plan, Sparse, empty_aligned, leading_dimension

ROWS, BATCH, INPUTS, HIDDEN, OUTPUTS = 218, 64, 40, 200, 3  # the last batch is smaller; worth several threads
SHAPES = [(INPUTS, HIDDEN), (1, HIDDEN), (HIDDEN, OUTPUTS), (1, OUTPUTS)]
BATCHES, EPOCHS, ALPHA, RATE = -(-ROWS // BATCH), 2, 0.3, 0.02
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
# Adam's epsilon is above the rounding of gradients.
HYPER = {
    "sgd": (),
    "momentum": (0.9,),
    "nesterov": (0.9,),
    "adam": (0.9, 0.999, 1e-3),
}
# The engine's losses are means over columns. Of each: its weight, and its value times what is scikit-learn's.
LOSSES = {
    "mse": (0.5 * OUTPUTS, 0.5),
    "poisson_log": (OUTPUTS, OUTPUTS),
    "binary_crossentropy_logits": (OUTPUTS, OUTPUTS),
    "categorical_crossentropy_logits": (1, 1),
    "sparse_categorical_crossentropy_logits": (1, 1),
}


def examples(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return inputs, half of them 0, targets, and weights."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, INPUTS)) * (rng.random((ROWS, INPUTS)) < 0.5)
    labels = rng.integers(0, OUTPUTS, (ROWS, 1)).astype(float)
    targets = {
        "mse": rng.normal(size=(ROWS, OUTPUTS)),
        "poisson_log": rng.poisson(1.0, (ROWS, OUTPUTS)).astype(float),
        "binary_crossentropy_logits": rng.integers(0, 2, (ROWS, OUTPUTS)).astype(float),
        "categorical_crossentropy_logits": reference.one_hot(labels, OUTPUTS),
    }
    return x, targets.get(kind, labels), rng.gamma(1.0, size=ROWS) * (rng.random(ROWS) < 0.9)


def start(dtype: str, scale: float = 1.0) -> list[np.ndarray]:
    """Return weights, those of the outputs times `scale`."""
    rng = np.random.default_rng(4)
    return [rng.uniform(-0.2, 0.2, shape).astype(dtype) * (1, 1, scale, scale)[i] for i, shape in enumerate(SHAPES)]


class Engine:
    """INPUTS - HIDDEN, tanh - OUTPUTS, with the L2 penalties of kernels."""

    def __init__(
        self, kind: str, weights: list[np.ndarray], slots: int, *, sparse: bool, gradients: bool = False
    ) -> None:
        dtype = str(weights[0].dtype)
        clip = (0.0, float(np.finfo(dtype).eps)) if kind.endswith("logits") else ()
        self.dtype, self.factor = dtype, LOSSES[kind][1]
        self.plan = plan = Plan(dtype)
        target = plan.target(1, 1 if kind.startswith("sparse") else OUTPUTS)
        parameters = [plan.parameter(*shape, True) for shape in SHAPES]
        for kernel in parameters[::2]:
            plan.penalty(kernel, 0.0, ALPHA / 2)
        plan.spread_penalties(target)
        x = plan.sparse_input(INPUTS) if sparse else plan.input(1, INPUTS)
        hidden = plan.op("sparse_dense" if sparse else "dense", [x], parameters[:2])
        z = plan.op("dense", [plan.op("activation", [hidden], (), "tanh")], parameters[2:])
        plan.loss(kind, z, target, LOSSES[kind][0], clip, "weight")
        plan.finish(ROWS)
        self.weights = self.storages(weights)
        self.gradients = self.storages() if gradients else None
        plan.bind(self.weights, self.gradients, [self.storages() for _ in range(slots)])

    def storages(self, values: list[np.ndarray] | None = None) -> list[np.ndarray]:
        arrays = []
        for i, (rows, cols) in enumerate(SHAPES):
            ld = leading_dimension(cols, self.dtype)
            arrays.append(empty_aligned(rows * ld * np.dtype(self.dtype).itemsize).view(self.dtype).reshape(rows, ld))
            if values is not None:
                arrays[-1][:, :cols] = values[i]
        return arrays

    def train(self, data: Data, optimizer: str, threads: int) -> list[float]:
        """Return the loss of each epoch."""
        curve = []
        for epoch in range(EPOCHS):
            order = np.random.default_rng(epoch).permutation(ROWS)
            sums = np.zeros((2, 2))
            rates = np.full(BATCHES, RATE)
            options: dict[str, Any] = {"learning_rates": rates, "step": epoch * BATCHES, "seed": 0, "threads": threads}
            self.plan.train(data, order, 0, ROWS, BATCH, sums, optimizer=optimizer, hyper=HYPER[optimizer], **options)
            curve.append(self.loss(sums))
        return curve

    def loss(self, sums: np.ndarray) -> float:
        assert (sums[:, 1] == ROWS).all()
        return float(self.factor * sums[0, 0] + sums[1, 0]) / ROWS

    def values(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        return [array[:, :cols] for array, (_, cols) in zip(arrays, SHAPES, strict=True)]


def data_of(x: np.ndarray, t: np.ndarray, weights: np.ndarray | None, dtype: str, *, sparse: bool) -> Data:
    inputs: Any = x.astype(dtype)
    if sparse:
        csr = csr_array(inputs)
        inputs = Sparse(csr.data, csr.indices.astype(np.int32), csr.indptr.astype(np.int64), INPUTS)
    return Data([inputs], [t], [weights])


# ---- the twin ----


def loss_of(kind: str, z: np.ndarray, t: np.ndarray, w: np.ndarray, eps: float) -> tuple[float, np.ndarray]:
    """Return the weighted mean and p - t."""
    if kind == "mse":
        return float(0.5 * np.average((z - t) ** 2, weights=w, axis=0).mean()), z - t
    if kind == "poisson_log":
        p = np.exp(z)
        rows = np.where(t > 0, t * np.log(np.where(t > 0, t, 1) / p), 0) - t + p
    elif kind.startswith("binary"):
        p = 1 / (1 + np.exp(-z))
        clipped = np.clip(p, eps, 1 - eps)
        rows = -(t * np.log(clipped) + (1 - t) * np.log(1 - clipped))
    else:
        t = reference.one_hot(t, OUTPUTS) if kind.startswith("sparse") else t
        p = reference.softmax_forward(z)
        rows = -t * np.log(np.clip(p, eps, 1 - eps))
    return float(np.average(rows, weights=w, axis=0).sum()), p - t


def loss_and_gradients(
    kind: str, weights: list[np.ndarray], x: np.ndarray, t: np.ndarray, w: np.ndarray, eps: float
) -> tuple[float, list[np.ndarray]]:
    kernel, bias, kernel_2, bias_2 = weights
    hidden = np.tanh(x @ kernel + bias)
    value, dz = loss_of(kind, hidden @ kernel_2 + bias_2, t, w, eps)
    dz = dz * w[:, None]
    dh = (dz @ kernel_2.T) * (1 - hidden**2)
    gradients = [x.T @ dh + ALPHA * kernel, dh.sum(0, keepdims=True), hidden.T @ dz + ALPHA * kernel_2, dz.sum(0)[None]]
    penalty = 0.5 * ALPHA * ((kernel**2).sum() + (kernel_2**2).sum())
    return value + float(penalty / w.sum()), [gradient / w.sum() for gradient in gradients]


def trained_twin(
    kind: str, optimizer: str, x: np.ndarray, t: np.ndarray, w: np.ndarray, dtype: str
) -> tuple[list[float], list[np.ndarray]]:
    weights: list[np.ndarray] = [weight.astype(float) for weight in start(dtype)]
    slots = [[np.zeros(shape) for _ in range(reference.SLOTS[optimizer])] for shape in SHAPES]
    curve, step = [], 0
    for epoch in range(EPOCHS):
        order, total = np.random.default_rng(epoch).permutation(ROWS), 0.0
        for begin in range(0, ROWS, BATCH):
            rows = order[begin : begin + BATCH]
            value, gradients = loss_and_gradients(kind, weights, x[rows], t[rows], w[rows], float(np.finfo(dtype).eps))
            total += value * len(rows)
            step += 1
            rate = RATE
            if optimizer == "adam":
                rate *= np.sqrt(1 - HYPER["adam"][1] ** step) / (1 - HYPER["adam"][0] ** step)
            for i, gradient in enumerate(gradients):
                weights[i], slots[i] = reference.optimizer_step(
                    weights[i], slots[i], gradient, optimizer, (rate, *HYPER[optimizer])
                )
        curve.append(total / ROWS)
    return curve, weights


# ---- what must hold ----


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("kind", "optimizer"), [*((kind, "adam") for kind in LOSSES), ("mse", "momentum"), ("mse", "nesterov")]
)
def test_epochs(kind: str, optimizer: str, dtype: str, sparse: bool, weighted: bool) -> None:
    x, t, w = examples(kind)
    x, w = x.astype(dtype).astype(float), w.astype(dtype).astype(float)
    curve, weights = trained_twin(kind, optimizer, x, t, w if weighted else np.ones(ROWS), dtype)
    close = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype]}
    data = data_of(x, t, w if weighted else None, dtype, sparse=sparse)
    bits = set()
    for threads in (1, 2, 3, 4):
        engine = Engine(kind, start(dtype), reference.SLOTS[optimizer], sparse=sparse)
        got = engine.train(data, optimizer, threads)
        np.testing.assert_allclose(got, curve, **close)
        for array, expected in zip(engine.values(engine.weights), weights, strict=True):
            np.testing.assert_allclose(array, expected, **close)
        bits.add((*got, *(array.tobytes() for array in engine.weights)))
    assert len(bits) == 1


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csr"])
@pytest.mark.parametrize("scale", [1.0, 30.0], ids=["", "certain"])
@pytest.mark.parametrize("kind", LOSSES)
def test_gradients_of_all_rows(kind: str, scale: float, sparse: bool) -> None:
    """Outputs times 30 are so certain that probabilities reach the clip."""
    x, t, w = examples(kind)
    weights = start("float64", scale)
    eps = np.finfo(float).eps
    value, expected = loss_and_gradients(kind, weights, x, t, w, float(eps))
    if kind.endswith("logits"):
        assert (value != loss_and_gradients(kind, weights, x, t, w, 4 * float(eps))[0]) == (scale > 1)
    engine = Engine(kind, weights, 0, sparse=sparse, gradients=True)
    sums = np.zeros((2, 2))
    engine.plan.gradient(data_of(x, t, w, "float64", sparse=sparse), None, 0, ROWS, sums)
    np.testing.assert_allclose(engine.loss(sums), value, rtol=1e-12)
    assert engine.gradients is not None
    for got, gradient in zip(engine.values(engine.gradients), expected, strict=True):
        np.testing.assert_allclose(got, gradient, rtol=1e-10, atol=1e-13 * np.abs(gradient).max())
    sums[:] = 0
    engine.plan.evaluate(data_of(x, t, w, "float64", sparse=sparse), 0, ROWS, ROWS, sums)
    np.testing.assert_allclose(engine.loss(sums), value, rtol=1e-12)


def test_a_batch_without_weight_has_no_loss() -> None:
    x, t, w = examples("mse")
    engine = Engine("mse", start("float64"), 0, sparse=False, gradients=True)
    sums = np.zeros((2, 2))
    engine.plan.gradient(data_of(x, t, 0 * w, "float64", sparse=False), None, 0, ROWS, sums)
    assert (sums == [[0, ROWS], [0, ROWS]]).all()
    assert engine.gradients is not None
    assert not any(gradient.any() for gradient in engine.gradients)


def test_what_a_plan_refuses() -> None:
    plan = Plan("float64")
    value = plan.input(1, 1)
    with pytest.raises(ValueError, match=r"`per` must be one of row, weight\. Received: 'sample'"):
        plan.loss("value", value, -1, per="sample")
    with pytest.raises(ValueError, match="the plan's parts do not fit together"):
        plan.loss("value", value, -1, per="weight")
    with pytest.raises(ValueError, match="the plan's parts do not fit together"):
        Plan("float64").spread_penalties(0)
