"""The products of a dense layer, at the sizes of the fashion net and of a wide one."""

import numpy as np
import pytest
from kernels.bindings import Step, enum
from kernels.steps import HYPER

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

SHAPES = [(1, 784, 300), (32, 784, 300), (256, 1024, 1024)]  # m, k, n
TRAINED_SHAPES = SHAPES[1:]
RELU = enum("fm_activation")["relu"]


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize(("m", "k", "n"), SHAPES)
def bench_forward(kernel: KernelBenchmark, m: int, k: int, n: int) -> None:
    x_values, w_values, b_values = normal(1, m, k), normal(2, k, n) / k**0.5, normal(3, n)
    y, x, w, b = map(kernel.matrix, (np.zeros((m, n)), x_values, w_values, b_values))
    expected = reference.dense_forward(x_values, w_values, b_values, "relu")
    args = (y, x, None, w, b, y.ld, x.ld, w.ld, 0, m, k, 0, n, RELU, None)
    kernel.products("dense_forward", *args, expected={0: expected}, flops=2 * m * k * n)


@pytest.mark.parametrize(("m", "k", "n"), TRAINED_SHAPES)
def bench_gradient(kernel: KernelBenchmark, m: int, k: int, n: int) -> None:
    x_values, dy_values = normal(1, m, k), normal(2, m, n) / m
    dw, x, dy = map(kernel.matrix, (np.zeros((k, n)), x_values, dy_values))
    args = (dw, x, None, dy, dw.ld, x.ld, dy.ld, m, 0, k, 0, n, 0)
    expected = reference.dense_gradient(x_values, dy_values)
    kernel.products("dense_gradient", *args, expected={0: expected}, flops=2 * m * k * n)


@pytest.mark.parametrize("optimizer", HYPER)
@pytest.mark.parametrize(("m", "k", "n"), TRAINED_SHAPES)
def bench_update(kernel: KernelBenchmark, m: int, k: int, n: int, optimizer: str) -> None:
    w_values, x_values, dy_values = normal(1, k, n), normal(2, m, k), normal(3, m, n) / m
    slot_values = [np.abs(normal(4 + j, k, n)) for j in range(reference.SLOTS[optimizer])]
    w, x, dy = map(kernel.matrix, (w_values, x_values, dy_values))
    slots = [kernel.matrix(slot) for slot in slot_values]
    h = HYPER[optimizer]
    expected = reference.dense_update(w_values, slot_values, x_values, dy_values, optimizer, h)
    args = (w, slots, x, None, dy, w.ld, x.ld, dy.ld, m, 0, k, 0, n, Step(optimizer, h))
    kernel.products("dense_update", *args, expected=dict(enumerate(expected)), flops=2 * m * k * n)


@pytest.mark.parametrize(("m", "k", "n"), [(32, 300, 100), (256, 1024, 1024)])
def bench_backward(kernel: KernelBenchmark, m: int, k: int, n: int) -> None:
    w_values, dy_values, a_values = normal(1, k, n) / n**0.5, normal(2, m, n), normal(3, m, k)
    dx, w, dyt, a = map(kernel.matrix, (np.zeros((m, k)), w_values, dy_values.T, a_values))
    expected = reference.dense_backward(w_values, dy_values.T, a_values, "relu")
    args = (dx, w, dyt, a, dx.ld, w.ld, dyt.ld, a.ld, m, 0, k, n, RELU, None, 0)
    kernel.products("dense_backward", *args, expected={0: expected}, flops=2 * m * k * n)


@pytest.mark.parametrize(("m", "k", "n"), [(32, 100, 10), (256, 1024, 10)])
def bench_backward_narrow(kernel: KernelBenchmark, m: int, k: int, n: int) -> None:
    w_values, dy_values, a_values = normal(1, k, n), normal(2, m, n), normal(3, m, k)
    dx, w, dy, a = map(kernel.matrix, (np.zeros((m, k)), w_values, dy_values, a_values))
    expected = reference.dense_backward_narrow(w_values, dy_values, a_values, "relu")
    args = (dx, w, dy, a, dx.ld, w.ld, dy.ld, a.ld, 0, m, 0, k, n, RELU, None, 0)
    kernel.products("dense_backward_narrow", *args, expected={0: expected}, flops=2 * m * k * n)


@pytest.mark.parametrize(("m", "n"), [(32, 300), (256, 1024)])
def bench_transpose(kernel: KernelBenchmark, m: int, n: int) -> None:
    a_values = normal(1, m, n)
    at, a = map(kernel.matrix, (np.zeros((n, m)), a_values))
    args = (at, a, at.ld, a.ld, m, 0, n)
    kernel.elements("transpose", *args, expected={0: reference.transpose(a_values)}, elements=m * n)
