import numpy as np
import pytest

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
    hidden = ops.activation(ops.dense(ops.reshape(a, (-1,)), kernel, bias), "tanh")
    wide = ops.concatenate([hidden, b, ops.multiply([hidden, b])])
    outputs = [ops.activation(wide, "softmax"), ops.identity(ops.add([hidden, b, b])), ops.reshape(wide, (6, 3))]
    x, y = RNG.standard_normal((7, 4, 3)), RNG.standard_normal((7, 6))
    h = np.tanh(x.reshape(7, 12) @ kernel.value + bias.value)
    w = np.concatenate([h, y, h * y], 1)
    e = np.exp(w)
    expected = [e / e.sum(1, keepdims=True), h + 2 * y, w.reshape(7, 6, 3)]
    for result, value in zip(run(Graph([a, b], outputs), [x, y]), expected, strict=True):
        np.testing.assert_allclose(result, value, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("op", ["identity", "input", "reshape"])
def test_outputs_that_compute_nothing(op: str) -> None:
    x = placeholder(4, 3)
    y = {"identity": ops.identity(x), "input": x, "reshape": ops.reshape(x, (2, 2, 3))}[op]
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

    assert zeros(ops.dropout(x, 0.5), training=False) == 0
    assert zeros(ops.dropout(x, 0.5), training=True) == pytest.approx(0.5, abs=0.02)
    assert zeros(ops.dropout(x, 0.5, always=True), training=False) == pytest.approx(0.5, abs=0.02)
    assert zeros(ops.dropout(ops.dropout(x, 0.5), 0.5), training=True) == pytest.approx(0.75, abs=0.02)


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
    lowered.plan.evaluate(Data([x], [t], [None]), 0, 20, 8)
    y = 1 / (1 + np.exp(-(x @ kernel.value + bias.value)))
    mse, mae = ((y - t) ** 2).mean(), np.abs(y - t).mean()
    sums = lowered.plan.sums
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
    lowered.plan.gradient(data, None, 0, 8)
    before = [v.numpy() for v in variables]
    lowered.bind(slots)
    rates = np.array([0.1])
    options = {"optimizer": "momentum", "hyper": (0.9,), "learning_rates": rates, "step": 0, "seed": 0}
    lowered.plan.train(data, None, 0, 8, 8, **options)
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
    lowered.plan.gradient(Data([array], [t], [None]), None, 0, 8)
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
