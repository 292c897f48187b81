"""Losses with their gradients, and metrics, over the outputs of a batch."""

import numpy as np
import pytest
from kernels.bindings import enum

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

M, N = 1024, 10
LOSSES = enum("fm_loss")
METRICS = enum("fm_metric")
SCALARS = {"huber": (1.0,)}


def example(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions (M, N), from 0 to 1 unless they are logits, and fitting targets."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=(M, N)) if kind.endswith("logits") else rng.uniform(0.01, 0.99, (M, N))
    labels = rng.integers(0, N, (M, 1)).astype(np.float64)
    t = labels if kind.startswith("sparse") else reference.one_hot(labels, N)
    return z.astype(np.float32).astype(np.float64), t


@pytest.mark.parametrize("kind", LOSSES)
def bench_loss(kernel: KernelBenchmark, kind: str) -> None:
    z_values, t_values = example(kind)
    s = SCALARS.get(kind, (0.0,))
    z, t, dz = map(kernel.matrix, (z_values, t_values, np.zeros((M, N))))
    losses = np.zeros(M)
    args = (losses, dz, None, z, t, None, dz.ld, 0, z.ld, t.ld, 0, M, N, LOSSES[kind], s, 1.0)
    expected = reference.loss(z_values, t_values, kind, s)
    kernel.elements("loss", *args, expected=dict(enumerate(expected)), elements=M * N)


@pytest.mark.parametrize("kind", METRICS)
def bench_metric(kernel: KernelBenchmark, kind: str) -> None:
    p_values, t_values = example(kind)
    p, t = map(kernel.matrix, (p_values, t_values))
    args = (np.zeros(M), p, t, p.ld, t.ld, 0, M, N, METRICS[kind], (0.5,))
    expected = reference.metric(p_values, t_values, kind, (0.5,))
    kernel.elements("metric", *args, expected={0: expected}, elements=M * N)
