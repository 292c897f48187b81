"""One step of each optimizer on as many weights as the first layer of the fashion net has."""

import numpy as np
import pytest
from kernels.bindings import Step
from kernels.steps import HYPER

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

N = 784 * 300


@pytest.mark.parametrize("optimizer", HYPER)
def bench_step(kernel: KernelBenchmark, optimizer: str) -> None:
    rng = np.random.default_rng(1)
    w_values, g_values, *slot_values = rng.random((2 + reference.SLOTS[optimizer], 1, N), np.float32).astype(np.float64)
    w, g = map(kernel.matrix, (w_values, g_values))
    slots = [kernel.matrix(slot) for slot in slot_values]
    args = (w, slots, g, N, Step(optimizer, HYPER[optimizer]))
    expected = reference.optimizer_step(w_values, slot_values, g_values, optimizer, HYPER[optimizer])
    kernel.elements("optimizer_step", *args, expected=dict(enumerate(expected)), elements=N)
