"""Activations over a batch of a hidden layer, and softmax over the rows of an output layer."""

import numpy as np
import pytest
from kernels.bindings import enum

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

M, N, CLASSES = 256, 300, 10
ACTIVATIONS = {name: kind for name, kind in enum("fm_activation").items() if not name.endswith("softmax")}
SCALARS = {"elu": (1.0,), "leaky_relu": (0.3,)}


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("act", ACTIVATIONS)
def bench_forward(kernel: KernelBenchmark, act: str) -> None:
    x_values, s = normal(1, M, N), SCALARS.get(act, ())
    y, x = map(kernel.matrix, (np.zeros((M, N)), x_values))
    args = (y, x, y.ld, x.ld, 0, M, N, ACTIVATIONS[act], s)
    expected = reference.activation_forward(x_values, act, s)
    kernel.elements("activation_forward", *args, expected={0: expected}, elements=M * N)


@pytest.mark.parametrize("act", ACTIVATIONS)
def bench_backward(kernel: KernelBenchmark, act: str) -> None:
    a_values, dy_values, s = normal(1, M, N), normal(2, M, N), SCALARS.get(act, ())
    if act in reference.FROM_OUTPUT:
        a_values = reference.activation_forward(a_values, act, s)
    dx, dy, a = map(kernel.matrix, (np.zeros((M, N)), dy_values, a_values))
    args = (dx, dy, a, dx.ld, dy.ld, a.ld, 0, M, N, ACTIVATIONS[act], s, 0)
    expected = reference.activation_backward(dy_values, a_values, act, s)
    kernel.elements("activation_backward", *args, expected={0: expected}, elements=M * N)


@pytest.mark.parametrize("n", [CLASSES, N])
def bench_softmax_forward(kernel: KernelBenchmark, n: int) -> None:
    x_values = normal(1, M, n)
    y, x = map(kernel.matrix, (np.zeros((M, n)), x_values))
    args = (y, x, y.ld, x.ld, 0, M, n)
    kernel.elements("softmax_forward", *args, expected={0: reference.softmax_forward(x_values)}, elements=M * n)


@pytest.mark.parametrize("n", [CLASSES, N])
def bench_softmax_backward(kernel: KernelBenchmark, n: int) -> None:
    y_values, dy_values = reference.softmax_forward(normal(1, M, n)), normal(2, M, n)
    dx, dy, y = map(kernel.matrix, (np.zeros((M, n)), dy_values, y_values))
    args = (dx, dy, y, dx.ld, dy.ld, y.ld, 0, M, n, 0)
    kernel.elements(
        "softmax_backward", *args, expected={0: reference.softmax_backward(dy_values, y_values)}, elements=M * n
    )
