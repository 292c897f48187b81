import numpy as np
import pytest
from kernels.bindings import DTYPES, FUSED, ISAS, PROTOTYPES, SIZES, Padded, Step, enum, pointer, run
from kernels.steps import HYPER, TERMS, used_slots

import reference
from fastmlp import _engine

TOLERANCE = {"float32": 3e-6, "float64": 1e-13}


def new_slots(optimizer: str, n: int, dtype: str) -> list[Padded]:
    return [Padded(value, dtype, offset=j) for j, value in enumerate(used_slots(optimizer, 1, n))]


def test_every_optimizer_is_tested() -> None:
    assert list(HYPER) == list(enum("fm_optimizer")) == list(reference.SLOTS)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("optimizer", HYPER)
@pytest.mark.parametrize("dtype", DTYPES)
def test_steps(dtype: str, optimizer: str, n: int) -> None:
    """Several steps, each from where the kernel stands, so that slots are in use; each with other terms."""
    rng = np.random.default_rng(n)
    w, slots, h = Padded(rng.normal(size=(1, n)), dtype, offset=1), new_slots(optimizer, n, dtype), HYPER[optimizer]
    for terms in TERMS:
        g = Padded(rng.normal(size=(1, n)) * rng.choice([1e-3, 1.0, 0.0], size=n), dtype, offset=2)
        wide = [a.value.astype(np.float64) for a in (w, g, *slots)]
        expected, expected_slots = reference.optimizer_step(wide[0], wide[2:], wide[1], optimizer, h, **terms)
        results = run("optimizer_step", dtype, w, slots, g, n, Step(optimizer, h, **terms), outputs=(0, 1))
        for got, got_slots in results.values():
            for array, before, value in zip([got, *got_slots], [w, *slots], [expected, *expected_slots], strict=True):
                np.testing.assert_allclose(array.value, value, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
                assert not array.changed_outside(before, slice(0, 1), slice(0, n))
        w, slots = next(iter(results.values()))


@pytest.mark.parametrize("terms", [TERMS[0], TERMS[-1]])
@pytest.mark.parametrize("optimizer", HYPER)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_may_be_cut_anywhere(dtype: str, optimizer: str, terms: dict[str, float]) -> None:
    rng = np.random.default_rng(1)
    n = 701
    w, g = (Padded(rng.normal(size=(1, n)), dtype) for _ in range(2))
    slots, step = new_slots(optimizer, n, dtype), Step(optimizer, HYPER[optimizer], **terms)
    whole = run("optimizer_step", dtype, w, slots, g, n, step, outputs=(0, 1))
    for part in (slice(0, 13), slice(13, n)):
        cut_w, cut_g, *cut_slots = (Padded(a.value[:, part], dtype) for a in (w, g, *slots))
        results = run("optimizer_step", dtype, cut_w, cut_slots, cut_g, cut_w.cols, step, outputs=(0, 1))
        for isa, (got, got_slots) in results.items():
            whole_w, whole_slots = whole[isa]
            for array, all_of_it in zip([got, *got_slots], [whole_w, *whole_slots], strict=True):
                np.testing.assert_array_equal(array.value, all_of_it.value[:, part])


@pytest.mark.parametrize("optimizer", HYPER)
@pytest.mark.parametrize("dtype", DTYPES)
def test_zeros_stay_zeros(dtype: str, optimizer: str) -> None:
    """What holds for the padding of weights."""
    w, g, *slots = (Padded(np.zeros((1, 20)), dtype) for _ in range(2 + reference.SLOTS[optimizer]))
    step = Step(optimizer, HYPER[optimizer], **TERMS[-1])
    for got, got_slots in run("optimizer_step", dtype, w, slots, g, 20, step, outputs=(0, 1)).values():
        assert not any(array.value.any() for array in (got, *got_slots))


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_is_not_clipped_away(dtype: str) -> None:
    w, g = Padded(np.ones((1, 20)), dtype), Padded(np.full((1, 20), np.nan), dtype)
    for (got,) in run("optimizer_step", dtype, w, [], g, 20, Step("sgd", (0.1,), clip=1.0)).values():
        assert np.isnan(got.value).all()


@pytest.mark.parametrize("power", [-0.5, -0.3, -1.0, 0.0])
@pytest.mark.parametrize("dtype", DTYPES)
def test_ftrl_with_any_power(dtype: str, power: float) -> None:
    rng = np.random.default_rng(2)
    w, g, a, z = (Padded(rng.random((1, 33)) + 0.1, dtype) for _ in range(4))
    h = (0.1, power, 0.01, 0.02, 0.0, 0.0)
    wide = [x.value.astype(np.float64) for x in (w, a, z, g)]
    expected, _ = reference.optimizer_step(wide[0], wide[1:3], wide[3], "ftrl", h)
    for got, _ in run("optimizer_step", dtype, w, [a, z], g, 33, Step("ftrl", h), outputs=(0, 1)).values():
        np.testing.assert_allclose(got.value, expected, rtol=10 * TOLERANCE[dtype])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_comes_before_the_formula(dtype: str, terms: dict[str, float], n: int) -> None:
    rng = np.random.default_rng(n)
    w, g = (Padded(rng.normal(size=(1, n)), dtype, offset=j) for j in range(2))
    expected = reference.optimizer_prepare(g.value.astype(np.float64), w.value.astype(np.float64), **terms)
    for results in run("optimizer_prepare", dtype, g, w, n, Step("sgd", (0.0,), **terms), outputs=(0, 1)).values():
        for array, before, value in zip(results, (g, w), expected, strict=True):
            np.testing.assert_allclose(array.value, value, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
            assert not array.changed_outside(before, slice(0, 1), slice(0, n))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_blend(dtype: str, n: int) -> None:
    rng = np.random.default_rng(n)
    y, x = (Padded(rng.normal(size=(1, n)), dtype, offset=j) for j in range(2))
    expected = reference.blend(y.value.astype(np.float64), x.value.astype(np.float64), 0.25, -3.0)
    for (got,) in run("blend", dtype, y, x, n, 0.25, -3.0).values():
        np.testing.assert_allclose(got.value, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert not got.changed_outside(y, slice(0, 1), slice(0, n))


@pytest.mark.parametrize("n", [*SIZES, 4096, 10_000])
@pytest.mark.parametrize("dtype", DTYPES)
def test_square_sum(dtype: str, n: int) -> None:
    x = Padded(np.random.default_rng(n).normal(size=(1, n)), dtype, offset=1)
    sums = [PROTOTYPES["square_sum"](_engine.kernels(isa, dtype)["square_sum"])(pointer(x), n) for isa in ISAS]
    np.testing.assert_allclose(sums, (x.value.astype(np.float64) ** 2).sum(), rtol=TOLERANCE[dtype])
    assert len({total for isa, total in zip(ISAS, sums, strict=True) if isa in FUSED}) <= 1
