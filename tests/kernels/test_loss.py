import numpy as np
import pytest
from kernels.bindings import DTYPES, SIZES, Padded, enum, run

import reference

ALL_LOSSES, ALL_METRICS = enum("fm_loss"), enum("fm_metric")
LOSSES = {kind: number for kind, number in ALL_LOSSES.items() if kind != "value_loss"}
METRICS = {kind: number for kind, number in ALL_METRICS.items() if kind != "value_metric"}
SCALARS = {"huber": (0.8,), "mse": (), "mae": (), "poisson_log": ()}
LOGITS = [kind for kind in LOSSES if kind.endswith("logits")]
TOLERANCE = {"float32": 3e-6, "float64": 4e-15}
SCALE = 0.25


def scalars(kind: str, smoothing: float = 0.1) -> tuple[float, ...]:
    return SCALARS.get(kind, (smoothing, 0.0) if kind in LOGITS else (smoothing,))


def example(kind: str, m: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions and targets, the same for both dtypes."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(m, n)) * 3
    if kind.startswith("binary") or "categorical" in kind:
        t = (rng.random((m, n)) < 0.5).astype(float)
        if not kind.endswith("logits"):
            z = rng.uniform(0.01, 0.99, (m, n))
    elif kind == "poisson_log":
        t = rng.poisson(1.5, (m, n)).astype(float)
    else:
        t = rng.normal(size=(m, n))
    if kind.startswith("sparse"):
        t = rng.integers(0, n, (m, 1)).astype(float)
    elif kind.startswith("categorical"):
        t = reference.one_hot(rng.integers(0, n, (m, 1)), n)
    return z.astype(np.float32).astype(float), t.astype(np.float32).astype(float)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_loss_and_gradient(dtype: str, kind: str, n: int, weighted: bool) -> None:
    m, m0, m1 = 40, 1, 37
    z_values, t_values = example(kind, m, n, n)
    z, t = Padded(z_values, dtype, n + 3, offset=1), Padded(t_values, dtype, n + 2)
    dz, p = Padded(np.zeros((m, n)), dtype, n + 1), Padded(np.zeros((m, n)), dtype)
    losses = np.full(m, 7.0)
    sw = np.linspace(0, 2, m).astype(dtype) if weighted else None
    weights = np.ones(m) if sw is None else sw.astype(float)
    value, slope = reference.loss(z_values, t_values, kind, scalars(kind))
    value, slope = (value * weights)[m0:m1], (slope * weights[:, None] * SCALE)[m0:m1]
    rest = (z, t, sw, dz.ld, p.ld, z.ld, t.ld, m0, m1, n, LOSSES[kind], scalars(kind), SCALE)
    close = {"rtol": TOLERANCE[dtype] * 2, "atol": TOLERANCE[dtype] * (1 + n**0.5)}
    for got, got_dz, got_p in run("loss", dtype, losses, dz, p, *rest, outputs=(0, 1, 2)).values():
        np.testing.assert_allclose(got[m0:m1], value, **close)
        assert (got[:m0] == 7).all()
        assert (got[m1:] == 7).all()
        np.testing.assert_allclose(got_dz.value[m0:m1], slope, **close)
        assert not got_dz.changed_outside(dz, slice(m0, m1), slice(0, n))
        if kind.endswith("logits"):
            np.testing.assert_allclose(got_p.value[m0:m1], reference.probabilities(z_values, kind)[m0:m1], **close)
        assert not got_p.changed_outside(
            p, *(slice(m0, m1), slice(0, n)) if kind.endswith("logits") else (slice(0), slice(0))
        )


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_asked_for_changes_nothing(dtype: str, kind: str, n: int) -> None:
    """The losses have the same bits without dz, without p, and with p in the place of z."""
    m = 3
    z_values, t_values = example(kind, m, n, n)
    z, t, dz, p = (Padded(a, dtype) for a in (z_values, t_values, z_values, z_values))
    losses = np.zeros(m)
    rest = (z, t, None, dz.ld, p.ld, z.ld, t.ld, 0, m, n, LOSSES[kind], scalars(kind), SCALE)
    full = run("loss", dtype, losses, dz, p, *rest, outputs=(0, 1, 2))
    alone = run("loss", dtype, losses, None, None, *rest)
    no_p = run("loss", dtype, losses, dz, None, *rest, outputs=(0, 1))
    in_place = run("loss", dtype, losses, dz, z, *rest, outputs=(0, 1, 2)) if kind.endswith("logits") else full
    for isa, (expected, expected_dz, expected_p) in full.items():
        np.testing.assert_array_equal(alone[isa][0], expected)
        np.testing.assert_array_equal(no_p[isa][0], expected)
        np.testing.assert_array_equal(no_p[isa][1].value, expected_dz.value)
        np.testing.assert_array_equal(in_place[isa][0], expected)
        np.testing.assert_array_equal(in_place[isa][1].value, expected_dz.value)
        np.testing.assert_array_equal(in_place[isa][2].value, expected_p.value)


@pytest.mark.parametrize("kind", LOSSES)
def test_gradient_is_that_of_the_loss(kind: str) -> None:
    z, t = example(kind, 4, 7, 5)
    step, numeric = 1e-6, np.zeros_like(z)
    for j in range(7):
        e = step * (np.arange(7) == j)
        ends = [reference.loss(z + side * e, t, kind, scalars(kind))[0] for side in (-1, 1)]
        numeric[:, j] = (ends[1] - ends[0]) / (2 * step)
    dz = Padded(np.zeros_like(z), "float64")
    args = (Padded(z, "float64"), Padded(t, "float64"), None, 16, 16, 16, 16, 0, 4, 7, LOSSES[kind], scalars(kind), 1.0)
    for (got,) in run("loss", "float64", np.zeros(4), dz, None, *args, outputs=(1,)).values():
        np.testing.assert_allclose(got.value, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("far", [50.0, 1e4])
@pytest.mark.parametrize("kind", LOGITS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_far_logits(dtype: str, kind: str, far: float) -> None:
    z_values = np.array([[far, -far, 0.0], [-far, -far, far], [-far, -far, -far]])
    t_values = np.array([[0.0], [2.0], [1.0]]) if kind.startswith("sparse") else np.eye(3)
    z, t, dz = Padded(z_values, dtype), Padded(t_values, dtype), Padded(np.zeros((3, 3)), dtype)
    value, slope = reference.loss(z_values, t_values, kind, scalars(kind, 0.0))
    args = (z, t, None, 16, 16, 16, 16, 0, 3, 3, LOSSES[kind], scalars(kind, 0.0), 1.0)
    for got, got_dz in run("loss", dtype, np.zeros(3), dz, None, *args, outputs=(0, 1)).values():
        np.testing.assert_allclose(got, value, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(got_dz.value, slope, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 40])
@pytest.mark.parametrize("kind", LOGITS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_clipped_probabilities_from_logits(dtype: str, kind: str, n: int) -> None:
    """The clip holds the loss, and no gradient. Between far and near, 1 - p is made of its last few bits."""
    eps, m = float(np.finfo(dtype).eps), 20
    rng = np.random.default_rng(n)
    z_values = rng.uniform(-2, 2, (m, n)).astype(np.float32).astype(float)
    z_values[m // 2 :] = np.copysign(100, z_values[m // 2 :])
    labels = rng.integers(0, n, (m, 1)).astype(float)
    t_values = labels if kind.startswith("sparse") else reference.one_hot(labels, n)
    s = (0.0, eps)
    value, slope = reference.loss(z_values, t_values, kind, s)
    free, _ = reference.loss(z_values, t_values, kind, s[:1])
    assert (n == 1 and not kind.startswith("binary")) or (value < free - 1).any()
    z, t, dz = Padded(z_values, dtype), Padded(t_values, dtype), Padded(np.zeros((m, n)), dtype)
    args = (z, t, None, dz.ld, 0, z.ld, t.ld, 0, m, n, LOSSES[kind], s, 1.0)
    close = {"rtol": 4 * TOLERANCE[dtype], "atol": 4 * eps}
    for got, got_dz in run("loss", dtype, np.zeros(m), dz, None, *args, outputs=(0, 1)).values():
        np.testing.assert_allclose(got, value, **close)
        np.testing.assert_allclose(got_dz.value, slope, **close)


@pytest.mark.parametrize("kind", [kind for kind in LOSSES if not kind.endswith("logits") and "crossentropy" in kind])
@pytest.mark.parametrize("dtype", DTYPES)
def test_certain_probabilities(dtype: str, kind: str) -> None:
    """0 and 1 are clipped: a finite loss, and no gradient."""
    z, t = (
        Padded([[1.0, 0.0], [0.0, 1.0]], dtype),
        Padded([[1.0], [0.0]] if kind.startswith("sparse") else np.eye(2)[::-1], dtype),
    )
    dz = Padded(np.zeros((2, 2)), dtype)
    args = (z, t, None, 16, 16, 16, 16, 0, 2, 2, LOSSES[kind], scalars(kind, 0.0), 1.0)
    for got, got_dz in run("loss", dtype, np.zeros(2), dz, None, *args, outputs=(0, 1)).values():
        np.testing.assert_allclose(got, -np.log(1e-7), rtol=2e-2)
        assert (got_dz.value == 0).all()


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_stays_in_its_row(dtype: str, kind: str) -> None:
    z_values, t_values = example(kind, 3, 5, 1)
    z_values[1, 3] = np.nan
    z, t, dz = Padded(z_values, dtype), Padded(t_values, dtype), Padded(np.zeros((3, 5)), dtype)
    args = (z, t, None, 16, 16, 16, 16, 0, 3, 5, LOSSES[kind], scalars(kind), 1.0)
    for got, got_dz in run("loss", dtype, np.zeros(3), dz, None, *args, outputs=(0, 1)).values():
        np.testing.assert_array_equal(np.isnan(got), [False, True, False])
        np.testing.assert_array_equal(np.isnan(got_dz.value).any(axis=1), [False, True, False])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("kind", METRICS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_metric(dtype: str, kind: str, n: int) -> None:
    m = 20
    rng = np.random.default_rng(n)
    p_values = np.round(rng.random((m, n)), 1)  # ties
    t_values = np.round(rng.random((m, n)))
    if kind.startswith("sparse"):
        t_values = p_values.argmax(axis=1)[:, None] * (rng.random((m, 1)) < 0.7)
    elif kind == "categorical_accuracy":
        t_values = np.where(rng.random((m, 1)) < 0.5, p_values, t_values)
    p, t = Padded(p_values, dtype, n + 1, offset=1), Padded(t_values, dtype, n + 2)
    expected = reference.metric(p.value.astype(float), t.value.astype(float), kind, (0.5,))
    for (got,) in run("metric", dtype, np.full(m, 7.0), p, t, p.ld, t.ld, 1, m - 1, n, METRICS[kind], (0.5,)).values():
        np.testing.assert_allclose(got[1:-1], expected[1:-1], rtol=1e-6)
        assert (got[0], got[-1]) == (7, 7)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_values_are_losses_and_metrics_as_they_are(dtype: str, weighted: bool) -> None:
    m, m0, m1 = 9, 1, 8
    z, dz = Padded(np.random.default_rng(0).normal(size=(m, 1)), dtype, 3), Padded(np.zeros((m, 1)), dtype, 2)
    sw = np.linspace(0, 2, m).astype(dtype) if weighted else None
    weights = np.ones(m) if sw is None else sw.astype(float)
    rest = (z, None, sw, dz.ld, 0, z.ld, 0, m0, m1, 1, ALL_LOSSES["value_loss"], (), SCALE)
    for got, got_dz in run("loss", dtype, np.full(m, 7.0), dz, None, *rest, outputs=(0, 1)).values():
        expected = np.full(m, 7.0)
        expected[m0:m1] = (z.value[:, 0].astype(float) * weights)[m0:m1]
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_allclose(got_dz.value[m0:m1, 0], SCALE * weights[m0:m1], rtol=TOLERANCE[dtype])
        assert not got_dz.changed_outside(dz, slice(m0, m1), slice(0, 1))
    values = (z, None, z.ld, 0, m0, m1, 1, ALL_METRICS["value_metric"], ())
    for (got,) in run("metric", dtype, np.full(m, 7.0), *values).values():
        np.testing.assert_array_equal(got[m0:m1], z.value[m0:m1, 0].astype(float))
        assert (got[0], got[-1]) == (7, 7)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_penalty(dtype: str, n: int) -> None:
    w, rows = Padded(np.random.default_rng(n).normal(size=(5, n)), dtype), np.full(5, 7.0)
    x = w.value.astype(np.float64)
    expected = 0.25 * np.abs(x).sum(1) + 0.5 * (x**2).sum(1)
    for (got,) in run("penalty", dtype, rows, w, w.ld, 1, 4, n, 0.25, 0.5).values():
        np.testing.assert_allclose(got[1:4], expected[1:4], rtol=10 * TOLERANCE[dtype])
        assert (got[[0, 4]] == 7).all()
