"""Noise on a batch of a hidden layer."""

import numpy as np

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

M, N, RATE, KEY = 256, 300, 0.2, 0x123456789ABCDEF0


def bench_dropout(kernel: KernelBenchmark) -> None:
    x_values = np.random.default_rng(1).normal(size=(M, N)).astype(np.float32).astype(np.float64)
    y, x = map(kernel.matrix, (np.zeros((M, N)), x_values))
    args = (y, x, y.ld, x.ld, 0, M, N, RATE, 1 / (1 - RATE), 0.0, 0.0, KEY, 0)
    kernel.elements("dropout", *args, expected={0: reference.dropout(x_values, RATE, KEY)}, elements=M * N)


def bench_gaussian(kernel: KernelBenchmark) -> None:
    x_values = np.random.default_rng(1).normal(size=(M, N)).astype(np.float32).astype(np.float64)
    y, x = map(kernel.matrix, (np.zeros((M, N)), x_values))
    args = (y, x, y.ld, x.ld, 0, M, N, RATE, 0, KEY, 0)
    kernel.elements("gaussian", *args, expected={0: reference.gaussian(x_values, RATE, False, KEY)}, elements=M * N)
