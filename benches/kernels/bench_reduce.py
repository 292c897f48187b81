"""Sums, gathering rows in random order, copies, over a batch."""

import numpy as np
import pytest
from kernels.bindings import enum

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

M, N = 256, 300
ROWS, COLUMNS = 8192, 784  # of the data that rows are gathered from: 6 MB and more
SOURCES = {"f32": np.float32, "f64": np.float64, "u8": np.uint8}


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32).astype(np.float64)


def bench_column_sums(kernel: KernelBenchmark) -> None:
    a_values = normal(1, M, N)
    y, a = map(kernel.matrix, (np.zeros(N), a_values))
    args = (y, a, a.ld, M, 0, N, 0)
    kernel.elements("column_sums", *args, expected={0: reference.column_sums(a_values)}, elements=M * N)


@pytest.mark.parametrize("source", SOURCES)
def bench_gather(kernel: KernelBenchmark, source: str) -> None:
    rng = np.random.default_rng(1)
    data = rng.integers(0, 256, (ROWS, COLUMNS)).astype(SOURCES[source])
    order = rng.permutation(ROWS)[:M]
    y = kernel.matrix(np.zeros((M, COLUMNS)))
    args = (y, data, order, y.ld, data.strides[0], 0, M, COLUMNS, enum("fm_dtype")[source])
    kernel.elements("gather", *args, expected={0: reference.gather(data, order)}, elements=M * COLUMNS)


def bench_copy(kernel: KernelBenchmark) -> None:
    x_values = normal(1, M, N)
    y, x = map(kernel.matrix, (np.zeros((M, N)), x_values))
    kernel.elements("copy", y, x, y.ld, x.ld, 0, M, N, 0, expected={0: reference.copy(x_values)}, elements=M * N)


@pytest.mark.parametrize("kind", ["sum", "max", "logsumexp"])
def bench_reduce_forward(kernel: KernelBenchmark, kind: str) -> None:
    x_values = normal(1, M, N)
    y, x = map(kernel.matrix, (np.zeros((M, 1)), x_values))
    args = (y, x, y.ld, x.ld, 0, M, N, enum("fm_reduction")[kind])
    kernel.elements("reduce_forward", *args, expected={0: reference.reduce_forward(x_values, kind)}, elements=M * N)
