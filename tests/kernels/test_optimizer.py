import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, enum, run

import reference

OPTIMIZERS = enum("fm_optimizer")
HYPER = {
    "sgd": (0.1,),
    "momentum": (0.1, 0.9),
    "nesterov": (0.1, 0.9),
    "adam": (0.01, 0.9, 0.999, 1e-7),
    "rmsprop": (0.01, 0.9, 1e-7),
}
SLOTS = {"sgd": 0, "momentum": 1, "nesterov": 1, "adam": 2, "rmsprop": 1}
TOLERANCE = {"float32": 2e-6, "float64": 1e-14}


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_steps(dtype: str, optimizer: str, n: int) -> None:
    """Several steps, each from where the kernel stands, so that slots are in use."""
    rng = np.random.default_rng(n)
    w = Padded(rng.normal(size=(1, n)), dtype, offset=1)
    slots = [Padded(np.zeros((1, n)), dtype, offset=j) for j in range(SLOTS[optimizer])]
    kind, h = OPTIMIZERS[optimizer], HYPER[optimizer]
    for _ in range(3):
        g = Padded(rng.normal(size=(1, n)) * rng.choice([1e-3, 1.0, 0.0], size=n), dtype, offset=2)
        wide = [a.value.astype(np.float64) for a in (w, g, *slots)]
        expected, expected_slots = reference.optimizer_step(wide[0], wide[2:], wide[1], optimizer, h)
        results = run("optimizer_step", dtype, w, slots, g, n, kind, h, outputs=(0, 1))
        for got, got_slots in results.values():
            for array, before, value in zip([got, *got_slots], [w, *slots], [expected, *expected_slots], strict=True):
                np.testing.assert_allclose(array.value, value, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
                assert not array.changed_outside(before, slice(0, 1), slice(0, n))
        w, slots = next(iter(results.values()))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_may_be_cut_anywhere(dtype: str, optimizer: str) -> None:
    rng = np.random.default_rng(1)
    w, g = (Padded(rng.normal(size=(1, 70)), dtype) for _ in range(2))
    slots = [Padded(rng.random((1, 70)), dtype) for _ in range(SLOTS[optimizer])]
    kind, h = OPTIMIZERS[optimizer], HYPER[optimizer]
    whole = run("optimizer_step", dtype, w, slots, g, 70, kind, h, outputs=(0, 1))
    for part in (slice(0, 13), slice(13, 70)):
        cut_w, cut_g, *cut_slots = (Padded(a.value[:, part], dtype) for a in (w, g, *slots))
        n = cut_w.cols
        for isa, (got, got_slots) in run(
            "optimizer_step", dtype, cut_w, cut_slots, cut_g, n, kind, h, outputs=(0, 1)
        ).items():
            whole_w, whole_slots = whole[isa]
            for array, all_of_it in zip([got, *got_slots], [whole_w, *whole_slots], strict=True):
                np.testing.assert_array_equal(array.value, all_of_it.value[:, part])
