import math

import numpy as np
import pytest
from gradients import check_gradients

from fastmlp import ops
from fastmlp._engine import Data
from fastmlp.graph import Graph, Tensor
from fastmlp.initializers import GlorotUniform
from fastmlp.lowering import LossSpec, MetricSpec, Purpose, lower, run
from fastmlp.variables import Variable, allocate

RNG = np.random.default_rng(0)


def variable(*shape: int) -> Variable:
    return Variable(shape, "float64", GlorotUniform(seed=len(shape)))


def placeholder(*shape: int) -> Tensor:
    return ops.placeholder(shape, "float64", "x")


def test_parameters_come_in_the_order_of_their_first_use() -> None:
    x, kernel, bias, last = placeholder(5), variable(5, 5), variable(5), variable(5, 2)
    hidden = ops.dense(ops.dense(x, kernel, bias), kernel)
    lowered = lower(Graph([x], [ops.dense(hidden, last)]), Purpose(batch_size=4))
    assert lowered.variables == (kernel, bias, last)
    assert kernel.arena is bias.arena is last.arena is not None


def test_a_branching_graph_against_numpy() -> None:
    a, b = placeholder(4, 3), placeholder(6)
    kernel, bias = variable(12, 6), variable(6)
    hidden = ops.activation(ops.dense(ops.reshape_samples(a, (-1,)), kernel, bias), "tanh")
    wide = ops.concatenate([hidden, b, hidden * b])
    outputs = [ops.activation(wide, "softmax"), ops.identity(hidden + b + b), ops.reshape_samples(wide, (6, 3))]
    x, y = RNG.standard_normal((7, 4, 3)), RNG.standard_normal((7, 6))
    h = np.tanh(x.reshape(7, 12) @ kernel.value + bias.value)
    w = np.concatenate([h, y, h * y], 1)
    e = np.exp(w)
    expected = [e / e.sum(1, keepdims=True), h + 2 * y, w.reshape(7, 6, 3)]
    for result, value in zip(run(Graph([a, b], outputs), [x, y]), expected, strict=True):
        np.testing.assert_allclose(result, value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("names", [("sigmoid", "sigmoid"), ("tanh", "silu", "sigmoid"), ("silu", "tanh", "tanh")])
def test_activations_in_a_row(names: tuple[str, ...]) -> None:
    x, kernel = placeholder(4), variable(4, 3)
    array = RNG.standard_normal((5, 4))
    y, expected = ops.dense(x, kernel), array @ kernel.value
    for name in names:
        y, expected = ops.activation(y, name), SMOOTH[name](expected)
    (result,) = run(Graph([x], [y]), [array])
    np.testing.assert_allclose(result, expected, rtol=1e-12)
    check_gradients([x], [y], [array])


@pytest.mark.parametrize("op", ["identity", "input", "reshape"])
def test_outputs_that_compute_nothing(op: str) -> None:
    x = placeholder(4, 3)
    y = {"identity": ops.identity(x), "input": x, "reshape": ops.reshape_samples(x, (2, 2, 3))}[op]
    array = RNG.standard_normal((5, 4, 3))
    (result,) = run(Graph([x], [y]), [array])
    np.testing.assert_array_equal(result, array.reshape(result.shape))


def test_an_input_that_nothing_reads() -> None:
    x, unused = placeholder(3), placeholder(2)
    (result,) = run(Graph([x, unused], [ops.activation(x, "relu")]), [np.ones((4, 3)), np.ones((4, 2))])
    np.testing.assert_array_equal(result, np.ones((4, 3)))


def test_dropout_is_part_of_plans_for_training_only_unless_it_always_acts() -> None:
    x = placeholder(200)
    array = np.ones((50, 200))

    def zeros(y: Tensor, training: bool) -> float:
        lowered = lower(Graph([x], [y]), Purpose(batch_size=50, training=training))
        lowered.bind()
        result = np.empty((50, 200))
        lowered.plan.predict(Data([array]), [result], 0, 50)
        return float((result == 0).mean())

    assert zeros(ops.noise(x, "dropout", 0.5), training=False) == 0
    assert zeros(ops.noise(x, "dropout", 0.5), training=True) == pytest.approx(0.5, abs=0.02)
    assert zeros(ops.noise(x, "dropout", 0.5, always=True), training=False) == pytest.approx(0.5, abs=0.02)
    twice = ops.noise(ops.noise(x, "dropout", 0.5), "dropout", 0.5)
    assert zeros(twice, training=True) == pytest.approx(0.75, abs=0.02)


def losses_and_metrics() -> tuple[Tensor, Graph, Purpose]:
    x, kernel, bias = placeholder(5), variable(5, 3), variable(3)
    y = ops.activation(ops.dense(x, kernel, bias), "sigmoid")
    purpose = Purpose(
        batch_size=8,
        training=True,
        targets=((3,),),
        losses=(LossSpec("mse", 0, 0, weight=0.5), LossSpec("mae", 0, 0)),
        metrics=(MetricSpec("mean_absolute_error", 0, 0),),
    )
    return x, Graph([x], [y]), purpose


def test_losses_and_metrics_are_summed() -> None:
    _, graph, purpose = losses_and_metrics()
    kernel, bias = graph.variables
    x, t = RNG.standard_normal((20, 5)), RNG.random((20, 3))
    lowered = lower(graph, purpose)
    lowered.bind()
    sums = np.zeros((lowered.plan.terms, 2))
    lowered.plan.evaluate(Data([x], [t], [None]), 0, 20, 8, sums)
    y = 1 / (1 + np.exp(-(x @ kernel.value + bias.value)))
    mse, mae = ((y - t) ** 2).mean(), np.abs(y - t).mean()
    np.testing.assert_allclose(sums[:, 0] / sums[:, 1], [mse, mae, mae], rtol=1e-12)
    np.testing.assert_array_equal(sums[:, 1], 20)


def test_gradients_and_slots_lie_where_they_are_bound() -> None:
    _, graph, purpose = losses_and_metrics()
    variables = graph.variables
    gradients = [Variable(v.shape, v.dtype) for v in variables]
    slots = [[Variable(v.shape, v.dtype) for v in variables]]
    data = Data([RNG.standard_normal((8, 5))], [RNG.random((8, 3))], [None])
    lowered = lower(graph, purpose)
    lowered.bind(gradients=gradients)
    lowered.plan.gradient(data, None, 0, 8, np.zeros((lowered.plan.terms, 2)))
    before = [v.numpy() for v in variables]
    lowered.bind(slots)
    rates = np.array([0.1])
    options = {"optimizer": "momentum", "hyper": (0.9,), "learning_rates": rates, "step": 0, "seed": 0}
    lowered.plan.train(data, None, 0, 8, 8, np.zeros((lowered.plan.terms, 2)), **options)
    for v, old, gradient, slot in zip(variables, before, gradients, slots[0], strict=True):
        np.testing.assert_allclose(slot.value, -0.1 * gradient.value, rtol=1e-12)
        np.testing.assert_allclose(v.value, old + slot.value, rtol=1e-12)
        assert gradient.value.any()


def test_a_shared_variable_gets_the_gradient_of_each_use() -> None:
    x, kernel = placeholder(4), variable(4, 4)
    y = ops.dense(ops.activation(ops.dense(x, kernel), "tanh"), kernel)
    gradient = Variable((4, 4), "float64")
    lowered = lower(Graph([x], [y]), Purpose(8, True, ((4,),), (LossSpec("mse", 0, 0),)))
    lowered.bind(gradients=[gradient])
    array, t = RNG.standard_normal((8, 4)), RNG.standard_normal((8, 4))
    lowered.plan.gradient(Data([array], [t], [None]), None, 0, 8, np.zeros((1, 2)))
    w = kernel.value
    h = np.tanh(array @ w)
    dy = 2 * (h @ w - t) / t.size
    expected = h.T @ dy + array.T @ (dy @ w.T * (1 - h**2))
    np.testing.assert_allclose(gradient.value, expected, rtol=1e-11, atol=1e-14)


def test_bind_follows_storage_that_moves_and_is_quiet_otherwise() -> None:
    x, kernel = placeholder(3), variable(3, 2)
    lowered = lower(Graph([x], [ops.dense(x, kernel)]), Purpose(batch_size=4))
    calls = []

    class Recorder:
        def bind(self, *arguments: object) -> None:
            calls.append(arguments)

    lowered.plan = Recorder()
    lowered.bind()
    lowered.bind()
    assert len(calls) == 1
    slot = Variable((3, 2), "float64")
    lowered.bind([[slot]])
    lowered.bind([[slot]])
    assert len(calls) == 2
    allocate([slot])
    lowered.bind([[slot]])
    assert len(calls) == 3
    assert calls[-1][2][0][0] is slot.storage


# Random graphs: whatever is fused, shared, read twice or reshaped in between, the numbers are those of the graph.

SMOOTH = {"tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "silu": lambda x: x / (1 + np.exp(-x))}


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def grow(seed: int) -> tuple[list[Tensor], list[Tensor]]:
    """Return inputs and outputs of a random graph whose samples have 12 elements or fewer."""
    rng = np.random.default_rng(seed)
    inputs = [placeholder(*shape) for shape in ((3, 4), (6,), (1,))]
    kernels = {shape: variable(*shape) for shape in ((6, 6), (4, 4))}
    tensors = list(inputs)
    for _ in range(rng.integers(3, 14)):
        x = tensors[rng.integers(len(tensors))]
        cols = x.sample_shape[-1]
        alike = [t for t in tensors if t.shape == x.shape]
        y = alike[rng.integers(len(alike))]
        match rng.integers(8):
            case 0:
                units = int(rng.integers(1, 7))
                tensors.append(ops.dense(x, variable(cols, units), variable(units) if rng.random() < 0.7 else None))
            case 1 if (cols, cols) in kernels:
                tensors.append(ops.dense(x, kernels[cols, cols]))
            case 1 | 2 | 3:
                name = [*SMOOTH, "softmax"][rng.integers(4)]
                tensors.append(ops.activation(x, name))
            case 4:
                tensors.append((x + y) + x if rng.random() < 0.5 else x + y)
            case 5:
                tensors.append(x * y)
            case 6:
                flat = ops.reshape_samples(x, (-1,))
                size = flat.sample_shape[0]
                tensors.append(ops.reshape_samples(x, (2, -1)) if size % 2 == 0 else flat)
            case 7 if math.prod(x.sample_shape) <= 6:
                tensors.append(ops.concatenate([x, y], axis=int(rng.integers(1, len(x.shape)))))
    count = min(int(rng.integers(1, 4)), len(tensors) - 3)
    outputs = [tensors[-1], *(tensors[i] for i in rng.choice(np.arange(3, len(tensors)), count - 1))] if count else []
    return inputs, [t for t in outputs if t.op != "input"] or [ops.dense(inputs[1], kernels[6, 6])]


def compute(graph: Graph, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Compute the outputs of a graph with NumPy."""
    values = dict(zip(graph.inputs, arrays, strict=True))
    for tensor in graph.tensors:
        x, *others = (values[source] for source in tensor.inputs)
        match tensor.op:
            case "dense":
                y = x @ tensor.variables[0].value + (tensor.variables[1].value if len(tensor.variables) > 1 else 0)
            case "activation":
                y = softmax(x) if tensor.detail == "softmax" else SMOOTH[tensor.detail](x)
            case "reshape":
                y = x.reshape(len(x), *tensor.sample_shape)
            case "binary":
                y = getattr(np, tensor.detail)(x, *others)
            case "concatenate":
                y = np.concatenate([x, *others], axis=-1)
        values[tensor] = y
    return [values[tensor] for tensor in graph.outputs]


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs(seed: int) -> None:
    inputs, outputs = grow(seed)
    graph = Graph(inputs, outputs)
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal((5, *tensor.sample_shape)) for tensor in inputs]
    for result, expected in zip(run(graph, arrays), compute(graph, arrays), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-11, atol=1e-12)
    if graph.variables:
        check_gradients(inputs, outputs, arrays)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize(
    ("activation", "kind"), [("softmax", "categorical_crossentropy"), ("sigmoid", "binary_crossentropy")]
)
def test_random_graphs_that_end_in_probabilities(seed: int, activation: str, kind: str) -> None:
    """Fused with the loss or, where the probabilities are read elsewhere, not."""
    inputs, outputs = grow(seed)
    probabilities = [ops.activation(tensor, activation) for tensor in outputs]
    if seed % 3 == 0:
        probabilities.append(ops.activation(ops.dense(probabilities[0], variable(outputs[0].shape[-1], 3)), activation))
    if seed % 3 == 1:
        probabilities *= 2
    arrays = [np.random.default_rng(seed).standard_normal((5, *tensor.sample_shape)) for tensor in inputs]
    check_gradients(inputs, probabilities, arrays, kind)
