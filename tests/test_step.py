"""The optimizer's step in the engine: fused or not, by any number of threads, however batches are cut into calls."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp._engine import HYPERS, OPTIMIZERS, SLOTS, Data, Plan, empty_aligned, leading_dimension

RNG = np.random.default_rng(0)
ROWS, BATCH, INPUTS, HIDDEN, OUTPUTS = 300, 64, 70, 133, 3
SHAPES = [(INPUTS, HIDDEN), (1, HIDDEN), (HIDDEN, OUTPUTS), (1, OUTPUTS)]
DATA = Data([RNG.normal(size=(ROWS, INPUTS))], [RNG.normal(size=(ROWS, OUTPUTS))], [None])
WEIGHTS = [RNG.normal(size=shape).astype(np.float32) / 10 for shape in SHAPES]
BATCHES = -(-ROWS // BATCH)
SCALARS = {
    "sgd": (),
    "momentum": (0.9,),
    "nesterov": (0.9,),
    "rmsprop": (0.9, 1e-7),
    "rmsprop_momentum": (0.9, 1e-7, 0.5),
    "rmsprop_centered": (0.9, 1e-7),
    "rmsprop_centered_momentum": (0.9, 1e-7, 0.5),
    "adagrad": (1e-7,),
    "adadelta": (0.9, 1e-7),
    "ftrl": (-0.5, 0.01, 0.01, 0.01, 0.0),
    "lion": (0.9, 0.99),
    "schedule_free": (0.9, 0.999, 1e-8, 3.0),
}
RULES: list[dict[str, Any]] = [
    {"clip_value": 0.01},
    {"clip_norm": 0.1},
    {"global_clip_norm": 0.1},
    {"accumulation": 2},
    {"accumulation": 2, "global_clip_norm": 0.1, "clip_value": 0.05, "ema_momentum": 0.9, "ema_overwrite": 2},
]


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = keras.utils.get_num_threads()
    keras.utils.set_num_threads(request.param)
    yield request.param
    keras.utils.set_num_threads(before)


def storages(values: list[np.ndarray] | None = None) -> list[np.ndarray]:
    arrays = []
    for i, (rows, cols) in enumerate(SHAPES):
        ld = leading_dimension(cols, "float32")
        arrays.append(empty_aligned(rows * ld * 4).view(np.float32).reshape(rows, ld))
        if values is not None:
            arrays[-1][:, :cols] = values[i]
    return arrays


class Network:
    """Two dense layers with penalties and constraints, and all that a step may need."""

    def __init__(self, slots: int, *, in_memory: bool, decay: float = 0.0) -> None:
        self.plan = plan = Plan("float32")
        kernel, bias, kernel_2, bias_2 = (plan.parameter(*shape, True) for shape in SHAPES)
        hidden = plan.op("activation", [plan.op("dense", [plan.input(1, INPUTS)], [kernel, bias])], (), "relu")
        plan.loss("mse", plan.op("dense", [hidden], [kernel_2, bias_2]), plan.target(1, OUTPUTS))
        plan.penalty(kernel, 1e-3, 1e-2)
        plan.penalty(bias_2, 0.0, 1e-2)
        plan.constraint(kernel, "max_norm", "columns", (0.7,))
        plan.constraint(bias, "non_neg", "rows")
        plan.constraint(kernel_2, "min_max_norm", "all", (0.1, 1.0, 0.5))
        plan.finish(BATCH)
        self.weights, self.averages, self.gradients = storages(WEIGHTS), storages(), storages()
        ones = [np.full(shape, 0.1) for shape in SHAPES]
        self.slots = [storages(ones) for _ in range(slots)]
        gradients = self.gradients if in_memory else None
        plan.bind(self.weights, gradients, self.slots, storages(), self.averages, [decay] * 4)
        self.sums = np.zeros((plan.terms, 2))

    def train(self, first: int = 0, last: int = ROWS, **rule: Any) -> None:
        order = np.arange(ROWS)[::-1].copy()
        rates = np.full(BATCHES, 0.05)
        options = {"learning_rates": rates, "step": first // BATCH, "seed": 0}
        self.plan.train(DATA, order, first, last, BATCH, self.sums, **options, **rule)

    def bits(self) -> list[bytes]:
        return [
            array.tobytes()
            for array in (*self.weights, *self.averages, *(a for slot in self.slots for a in slot), self.sums)
        ]


def hyper(optimizer: str) -> tuple[float, ...]:
    return SCALARS.get(optimizer, (0.9, 0.999, 1e-7))


def test_every_optimizer_has_its_scalars() -> None:
    assert {name: len(hyper(name)) for name in OPTIMIZERS} == HYPERS


@pytest.mark.parametrize("rule", [{}, RULES[0]], ids=["", "clipped"])
@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "lamb"])
def test_a_fused_step_is_the_step_that_follows_the_gradient(optimizer: str, rule: dict[str, Any]) -> None:
    fused, apart, alone = (Network(SLOTS[optimizer], in_memory=m, decay=0.1) for m in (False, True, True))
    rule = rule | {"optimizer": optimizer, "hyper": hyper(optimizer), "ema_momentum": 0.9}
    for network in (fused, apart):
        network.train(**rule)
    order = np.arange(ROWS)[::-1].copy()
    steps = Plan("float32")
    parameters = [steps.parameter(*shape, True) for shape in SHAPES]
    steps.constraint(parameters[0], "max_norm", "columns", (0.7,))
    steps.constraint(parameters[1], "non_neg", "rows")
    steps.constraint(parameters[2], "min_max_norm", "all", (0.1, 1.0, 0.5))
    steps.finish(1)
    steps.bind(alone.weights, alone.gradients, alone.slots, None, alone.averages, [0.1] * 4)
    for batch in range(BATCHES):
        rows = batch * BATCH, min(ROWS, (batch + 1) * BATCH)
        alone.plan.gradient(DATA, order, *rows, alone.sums)
        steps.step(0.05, step=batch, **rule)
    assert fused.bits() == apart.bits()
    for got, expected in zip(alone.weights, fused.weights, strict=True):  # the penalties are in the gradient, rounded
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
    assert any((weight != value).any() for weight, value in zip(fused.weights, storages(WEIGHTS), strict=True))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam", "lamb"])
def test_same_bits_for_any_number_of_threads(optimizer: str, rule: dict[str, Any], threads: int) -> None:
    network = Network(SLOTS[optimizer], in_memory=True)
    network.train(optimizer=optimizer, hyper=hyper(optimizer), **rule)
    before = keras.utils.get_num_threads()
    keras.utils.set_num_threads(1)
    expected = Network(SLOTS[optimizer], in_memory=True)
    expected.train(optimizer=optimizer, hyper=hyper(optimizer), **rule)
    keras.utils.set_num_threads(before)
    assert network.bits() == expected.bits()


@pytest.mark.parametrize("optimizer", ["nadam", "lamb", "schedule_free"])
def test_same_bits_however_batches_are_divided_among_calls(optimizer: str) -> None:
    whole, parts = (Network(SLOTS[optimizer], in_memory=True) for _ in range(2))
    rule = RULES[-1] | {"optimizer": optimizer, "hyper": hyper(optimizer)}
    whole.train(**rule)
    for first in range(0, ROWS, BATCH):
        parts.train(first, min(ROWS, first + BATCH), **rule)
    assert whole.bits() == parts.bits()


def test_the_gradient_is_that_of_the_loss_with_its_penalties() -> None:
    plain, penalized = Network(0, in_memory=True), Network(0, in_memory=True)
    penalized.plan.gradient(DATA, None, 0, BATCH, penalized.sums)
    bare = Plan("float32")
    parameters = [bare.parameter(*shape, True) for shape in SHAPES]
    hidden = bare.op("activation", [bare.op("dense", [bare.input(1, INPUTS)], parameters[:2])], (), "relu")
    bare.loss("mse", bare.op("dense", [hidden], parameters[2:]), bare.target(1, OUTPUTS))
    bare.finish(BATCH)
    bare.bind(plain.weights, plain.gradients)
    bare.gradient(DATA, None, 0, BATCH, plain.sums[:1])
    (with_penalty, *_), (without, *_), w = penalized.gradients, plain.gradients, storages(WEIGHTS)[0]
    np.testing.assert_allclose(with_penalty, without + 1e-3 * np.sign(w) + 2e-2 * w, rtol=1e-5, atol=1e-6)


def test_clipping_and_accumulation_need_gradients_in_memory() -> None:
    network = Network(2, in_memory=False)
    for rule in (*RULES[1:], {"optimizer": "lamb", "hyper": hyper("lamb")}):
        with pytest.raises(ValueError, match="Gradients must be bound"):
            network.train(**rule)
    with pytest.raises(TypeError, match=r"A rule consists of optimizer, .*Received: \['clipvalue'\]"):
        network.train(clipvalue=1.0)


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if any(s < 1e-5 for s in hyper(name))])
def test_padding_stays_zero_without_epsilon(optimizer: str, threads: int) -> None:
    network = Network(SLOTS[optimizer], in_memory=True)
    scalars = tuple(0.0 if 0 < s < 1e-5 else s for s in hyper(optimizer))
    network.train(optimizer=optimizer, hyper=scalars)
    for array, (_, cols) in zip(network.weights, SHAPES, strict=True):
        assert not array[:, cols:].any()


def test_norms_of_weights_that_are_nan_are_nan() -> None:
    network = Network(0, in_memory=True)
    network.weights[0][3, 5] = np.nan
    network.train(0, BATCH, global_clip_norm=0.1)
    assert np.isnan(network.weights[2][:, :OUTPUTS]).all()
