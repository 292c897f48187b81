"""One step of each optimizer on as many weights as the first layer of the fashion net has."""

import numpy as np
import pytest
from kernels.bindings import enum

import reference
from benches.kernels.timing import KernelBenchmark, every_isa_and_dtype

pytestmark = every_isa_and_dtype

N = 784 * 300
HYPER = {
    "sgd": (0.1,),
    "momentum": (0.1, 0.9),
    "nesterov": (0.1, 0.9),
    "adam": (0.01, 0.9, 0.999, 1e-7),
    "rmsprop": (0.01, 0.9, 1e-7),
}
SLOTS = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2, "rmsprop": 1}


@pytest.mark.parametrize("optimizer", HYPER)
def bench_step(kernel: KernelBenchmark, optimizer: str) -> None:
    rng = np.random.default_rng(1)
    w_values, g_values, *slot_values = rng.random((2 + SLOTS[optimizer], 1, N), np.float32).astype(np.float64)
    w, g = map(kernel.matrix, (w_values, g_values))
    slots = [kernel.matrix(slot) for slot in slot_values]
    args = (w, slots, g, N, enum("fm_optimizer")[optimizer], HYPER[optimizer])
    expected = reference.optimizer_step(w_values, slot_values, g_values, optimizer, HYPER[optimizer])
    kernel.elements("optimizer_step", *args, expected=dict(enumerate(expected)), elements=N)
