"""A function of `fastmlp.ops` against one of NumPy: on arrays, on tensors with and without a batch axis, and backward.

Along a batch axis both see the same whole arrays, so axes have the same numbers for both.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastmlp import ops
from fastmlp._engine import Data
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import LossSpec, Purpose, lower, run
from fastmlp.variables import Variable

Function = Callable[..., Any]
Array = np.ndarray

TOLERANCE = {"float32": 2e-5, "float64": 1e-12}
STEP = 1e-6


def values(result: Any, graph_inputs: Sequence[Tensor], arrays: Sequence[Array]) -> list[Array]:
    """Return the value of a tensor, or of several."""
    tensors = result if isinstance(result, list | tuple) else [result]
    return run(Graph(graph_inputs, tensors), list(arrays))


def as_list(result: Any) -> list[Array]:
    return [np.asarray(each) for each in (result if isinstance(result, list | tuple) else [result])]


def check_forward(
    function: Function, expected: Function, *arrays: Array, batched: Sequence[bool] | None = None, eager: bool = True
) -> None:
    """Check the function on arrays and on tensors; `batched` says which operands have a batch axis, by default all.

    `eager` False is for functions that do something else with arrays than `fastmlp.ops` does.
    """
    batched = batched or [True] * len(arrays)
    truth = as_list(expected(*arrays))
    for dtype in ("float32", "float64"):
        typed = [array.astype(dtype) for array in arrays]
        inputs = [ops.placeholder(a.shape[1:], dtype, "x") for a, b in zip(typed, batched, strict=True) if b]
        waiting = iter(inputs)
        operands = [next(waiting) if b else a for a, b in zip(typed, batched, strict=True)]
        fed = [a for a, b in zip(typed, batched, strict=True) if b]
        both = [as_list(function(*typed))] if eager else []
        if inputs:
            both.append(values(function(*operands), inputs, fed))
        for results in both:
            assert len(results) == len(truth)
            for result, exact in zip(results, truth, strict=True):
                assert (result.shape, result.dtype) == (np.shape(exact), dtype)
                np.testing.assert_allclose(result, exact, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


def check_backward(function: Function, *arrays: Array, batched: Sequence[bool] | None = None) -> None:
    """Check the gradient of a weighted sum of the results with respect to every element of every operand."""
    batched = batched or [True] * len(arrays)
    variables = [
        Variable((len(a), a[0].size) if b else a.shape, "float64", lambda s, d, a=a: a.reshape(s))
        for a, b in zip(arrays, batched, strict=True)
    ]
    rows = next((len(a) for a, b in zip(arrays, batched, strict=True) if b), 1)
    unit = ops.placeholder((rows,), "float64", "x")  # row i of the unit matrix takes row i of a variable
    operands = [
        ops.reshape_samples(ops.matmul(unit, v), a.shape[1:]) if b else ops.parameter(v)
        for a, b, v in zip(arrays, batched, variables, strict=True)
    ]
    result = function(*operands)
    rng = np.random.default_rng(0)
    outputs = [
        ops.sum(t * rng.normal(size=t.sample_shape), axis=tuple(range(int(t.batched), t.ndim)))
        for t in (result if isinstance(result, list | tuple) else [result])
    ]
    graph = Graph([unit], outputs)
    lowered = lower(
        graph, Purpose(rows, losses=tuple(LossSpec("value", i, None, 1.0 + i) for i in range(len(outputs))))
    )
    gradients = [Variable(v.shape, "float64") for v in graph.variables]
    lowered.bind(gradients=gradients)
    data = Data([np.eye(rows)])

    def loss() -> float:
        sums = np.zeros((len(outputs), 2))
        lowered.plan.gradient(data, None, 0, rows, sums)
        return float(sum((1 + i) * total / n for i, (total, n) in enumerate(sums)))

    loss()
    analytic = {v: g.numpy() for v, g in zip(graph.variables, gradients, strict=True)}
    for variable in variables:
        if variable not in analytic:
            continue
        numeric = np.empty(variable.shape)
        for index in np.ndindex(variable.shape):
            old = variable.value[index]
            variable.value[index] = old + STEP
            above = loss()
            variable.value[index] = old - STEP
            numeric[index] = (above - loss()) / (2 * STEP)
            variable.value[index] = old
        np.testing.assert_allclose(analytic[variable], numeric, rtol=1e-5, atol=1e-7)


def gradients_of(function: Function, *arrays: Array) -> list[Array]:
    """Return the gradients of a function whose result is one number, with respect to arrays without a batch axis."""
    variables = [Variable(a.shape, "float64", lambda s, d, a=a: a) for a in arrays]
    unread = ops.placeholder((1,), "float64", "x")
    graph = Graph([unread], [function(*map(ops.parameter, variables))])
    lowered = lower(graph, Purpose(1, losses=(LossSpec("value", 0, None),)))
    gradients = [Variable(v.shape, "float64") for v in graph.variables]
    lowered.bind(gradients=gradients)
    lowered.plan.gradient(Data([np.zeros((1, 1))]), None, 0, 1, np.zeros((1, 2)))
    found = dict(zip(graph.variables, gradients, strict=True))
    return [found[v].numpy() for v in variables]
