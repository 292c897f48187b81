"""Gradients from the plan's reverse pass against central differences of its forward pass, in float64."""

from collections.abc import Sequence

import numpy as np

from fastmlp._engine import Data
from fastmlp.graph import Graph, Tensor
from fastmlp.lowering import LossSpec, Purpose, lower
from fastmlp.variables import Variable

STEP = 1e-5


def check_gradients(
    inputs: Sequence[Tensor], outputs: Sequence[Tensor], arrays: Sequence[np.ndarray], kind: str = "mse"
) -> None:
    """Check d loss / d variable for every element of every trainable variable; the targets are random distributions."""
    rows = len(arrays[0])
    targets = [np.random.default_rng(1).random((rows, *tensor.sample_shape)) for tensor in outputs]
    for target in targets:
        target /= target.sum(-1, keepdims=True)
    losses = tuple(LossSpec(kind, i, i, weight=1.0 + i) for i in range(len(outputs)))
    graph = Graph(inputs, outputs)
    purpose = Purpose(rows, True, tuple(tensor.sample_shape for tensor in outputs), losses)
    gradients = [Variable(variable.shape, variable.dtype) for variable in graph.variables]
    lowered = lower(graph, purpose)
    lowered.bind(gradients=gradients)
    data = Data(arrays, targets, [None] * len(targets))

    def loss() -> float:
        sums = np.zeros((lowered.plan.terms, 2))
        lowered.plan.gradient(data, None, 0, rows, sums)
        return sum(spec.weight * total / n for spec, (total, n) in zip(losses, sums, strict=True))

    for _ in range(2):  # nothing may be left over from the batch before
        loss()
    analytic = [gradient.numpy() for gradient in gradients]
    for variable, gradient in zip(graph.variables, analytic, strict=True):
        if not variable.trainable:
            continue
        numeric = np.empty(variable.shape)
        for index in np.ndindex(variable.shape):
            old = variable.value[index]
            variable.value[index] = old + STEP
            above = loss()
            variable.value[index] = old - STEP
            numeric[index] = (above - loss()) / (2 * STEP)
            variable.value[index] = old
        np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-9, err_msg=variable.name)
