"""Functions of two operands: what a residual connection, a product and a comparison cost; of one row with all rows."""

import numpy as np
import pytest
from kernels.bindings import enum

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

M, N = 256, 300
KINDS = ("add", "multiply", "divide", "maximum", "power", "less")


def positive(seed: int, *shape: int) -> np.ndarray:
    values: np.ndarray = np.random.default_rng(seed).uniform(0.5, 2, shape).astype(np.float32).astype(np.float64)
    return values


@pytest.mark.parametrize("rows", [M, 1])
@pytest.mark.parametrize("kind", KINDS)
def bench_binary_forward(kernel: KernelBenchmark, kind: str, rows: int) -> None:
    a_values, b_values = positive(1, M, N), positive(2, rows, N)
    y, a, b = map(kernel.matrix, (np.zeros((M, N)), a_values, b_values))
    args = (y, a, b, y.ld, a.ld, b.ld if rows > 1 else 0, 1, 1, 0, M, N, enum("fm_binary")[kind])
    expected = reference.binary_forward(a_values, b_values, kind)
    kernel.elements("binary_forward", *args, expected={0: expected}, elements=M * N)


@pytest.mark.parametrize("kind", KINDS[:-1])
def bench_binary_backward(kernel: KernelBenchmark, kind: str) -> None:
    dy_values, a_values, b_values = (positive(seed, M, N) for seed in (1, 2, 3))
    d, dy, a, b = map(kernel.matrix, (np.zeros((M, N)), dy_values, a_values, b_values))
    args = (d, dy, a, b, d.ld, dy.ld, a.ld, b.ld, 1, 1, 0, M, N, enum("fm_binary")[kind], 0, 0)
    expected = reference.binary_backward(dy_values, a_values, b_values, kind, False)
    kernel.elements("binary_backward", *args, expected={0: expected}, elements=M * N)
