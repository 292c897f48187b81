import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, enum, run

import reference

TOLERANCE = {"float32": 2e-6, "float64": 1e-14}
SCALARS: dict[str, tuple[float, ...]] = {
    "non_neg": (),
    "max_norm": (2.0,),
    "unit_norm": (),
    "min_max_norm": (1.0, 2.0, 0.75),
}


def test_every_constraint_is_tested() -> None:
    assert ["no_constraint", *SCALARS] == list(enum("fm_constraint"))


@pytest.mark.parametrize("m", [1, 2, 9])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("norm", ["of_columns", "of_rows"])
@pytest.mark.parametrize("constraint", SCALARS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_constraints(dtype: str, constraint: str, norm: str, n: int, m: int) -> None:
    rng = np.random.default_rng(n + m)
    scales = rng.choice([0.0, 0.1, 1.0, 3.0], size=(m, 1) if norm == "of_rows" else n)
    w, s = Padded(rng.normal(size=(m, n)) * scales, dtype, padding=0), SCALARS[constraint]
    expected = reference.constrain(w.value.astype(np.float64), constraint, norm, s)
    kinds = enum("fm_constraint")[constraint], enum("fm_norm")[norm]
    for (got,) in run("constrain", dtype, w, w.ld, 0, m, 0, n, *kinds, s).values():
        np.testing.assert_allclose(got.value, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        assert not got.changed_outside(w, slice(0, m), slice(0, n))


@pytest.mark.parametrize("norm", ["of_columns", "of_rows"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_part_is_as_it_is_in_the_whole(dtype: str, norm: str) -> None:
    w = Padded(np.random.default_rng(3).normal(size=(9, 60)), dtype, padding=0)
    kinds = enum("fm_constraint")["max_norm"], enum("fm_norm")[norm]
    whole = run("constrain", dtype, w, w.ld, 0, 9, 0, 60, *kinds, (2.0,))
    rows, columns = ((0, 9), (16, 48)) if norm == "of_columns" else ((3, 7), (0, 60))
    for isa, (got,) in run("constrain", dtype, w, w.ld, *rows, *columns, *kinds, (2.0,)).items():
        inside = slice(*rows), slice(*columns)
        np.testing.assert_array_equal(got.value[inside], whole[isa][0].value[inside])
        assert not got.changed_outside(w, *inside)
