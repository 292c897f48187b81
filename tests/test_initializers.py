import math

import numpy as np
import pytest

from fastmlp import initializers, random
from fastmlp.initializers import TruncatedNormal, VarianceScaling

NAMES = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "IdentityInitializer",
    "LecunNormal", "LecunUniform", "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform",
    "TruncatedNormal", "VarianceScaling", "Zeros", "constant", "glorot_normal", "glorot_uniform", "he_normal",
    "he_uniform", "identity", "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal",
    "random_uniform", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip
SHAPE = (400, 300)


@pytest.mark.parametrize("name", NAMES)
def test_names_of_keras_are_strings_and_attributes(name: str) -> None:
    initializer = initializers.get(name)
    assert type(initializer) is getattr(initializers, name)
    value = initializer((6, 4), dtype="float64")
    assert (value.shape, value.dtype) == ((6, 4), np.float64)


@pytest.mark.parametrize("name", ["zero", "one", "normal", "uniform"])
def test_older_names_are_strings_too(name: str) -> None:
    assert initializers.get(name)((2,)).dtype == np.float32


@pytest.mark.parametrize(
    ("name", "variance", "limit"),
    [
        ("glorot_uniform", 2 / 700, math.sqrt(6 / 700)),
        ("he_uniform", 2 / 400, math.sqrt(6 / 400)),
        ("lecun_uniform", 1 / 400, math.sqrt(3 / 400)),
        ("glorot_normal", 2 / 700, 2 * math.sqrt(2 / 700) / 0.8796),
        ("he_normal", 2 / 400, 2 * math.sqrt(2 / 400) / 0.8796),
        ("lecun_normal", 1 / 400, 2 * math.sqrt(1 / 400) / 0.8796),
        ("random_normal", 0.05**2, 1.0),
        ("random_uniform", 0.1**2 / 12, 0.05),
        ("truncated_normal", (0.05 * 0.8796) ** 2, 0.1),
        ("variance_scaling", 1 / 400, 2 * math.sqrt(1 / 400) / 0.8796),
    ],
)
def test_distributions(name: str, variance: float, limit: float) -> None:
    random.set_seed(3)
    values = initializers.get(name)(SHAPE, dtype="float64")
    assert abs(values.mean()) < 5 * math.sqrt(variance / values.size)
    assert values.var() == pytest.approx(variance, rel=0.02)
    assert np.abs(values).max() <= limit * 1.0001
    assert np.abs(values).max() > 0.6 * min(limit, 4 * math.sqrt(variance))


def test_truncated_normal_has_no_lump_at_the_ends() -> None:
    values = TruncatedNormal(mean=1.0, stddev=0.5, seed=5)((200, 200), dtype="float64")
    assert values.mean() == pytest.approx(1.0, abs=0.01)
    assert (np.abs(values - 1.0) <= 1.0).all()
    assert 0 < (np.abs(values - 1.0) > 0.95).mean() < 0.02


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["uniform", "untruncated_normal", "truncated_normal", "normal"])
def test_variance_scaling(mode: str, distribution: str) -> None:
    fan = {"fan_in": 400, "fan_out": 300, "fan_avg": 350}[mode]
    values = VarianceScaling(3.0, mode, distribution, seed=1)(SHAPE, dtype="float64")
    assert values.var() == pytest.approx(3 / fan, rel=0.02)


def test_fans_count_what_a_unit_is_connected_to() -> None:
    assert VarianceScaling(seed=1)((900,), "float64").var() == pytest.approx(1 / 900, rel=0.15)
    assert VarianceScaling(seed=1)((3, 3, 100, 50), "float64").var() == pytest.approx(1 / 900, rel=0.05)
    chosen = initializers.HeNormal(seed=1, input_axes=[1, 2], output_axes=[0])((20, 30, 50), "float64")
    assert chosen.var() == pytest.approx(2 / 1500, rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0}, "`scale` must be a positive number. Received: scale=0"),
        ({"mode": "fan"}, "`mode` must be one of .* Received: mode='fan'"),
        ({"distribution": "cauchy"}, "`distribution` must be one of .* Received: distribution='cauchy'"),
    ],
)
def test_variance_scaling_checks_its_settings(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VarianceScaling(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (2, 3, 4)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape: tuple[int, ...]) -> None:
    q = initializers.Orthogonal(gain=2.0, seed=1)(shape, dtype="float64").reshape(-1, shape[-1])
    product = q @ q.T if q.shape[0] < q.shape[1] else q.T @ q
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_and_identity_make_matrices() -> None:
    with pytest.raises(ValueError, match=r"of two axes or more. Received: shape=\(3,\)"):
        initializers.Orthogonal()((3,))
    with pytest.raises(ValueError, match=r"matrices only. Received: shape=\(2, 2, 2\)"):
        initializers.Identity()((2, 2, 2))


def test_fixed_values() -> None:
    np.testing.assert_array_equal(initializers.Identity(gain=3)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    np.testing.assert_array_equal(initializers.Constant(2)((2,)), [2, 2])
    np.testing.assert_array_equal(initializers.Constant([1, 2])((2,)), [1, 2])


@pytest.mark.parametrize("name", ["glorot_uniform", "he_normal", "orthogonal", "random_normal", "truncated_normal"])
def test_draws_are_repeatable(name: str) -> None:
    random.set_seed(1)
    initializer = initializers.get(name)
    first, second = initializer(SHAPE), initializer(SHAPE)
    assert (first != second).any()
    random.set_seed(1)
    np.testing.assert_array_equal(initializers.get(name)(SHAPE), first)
    seeded = initializers.get({"class_name": name, "config": {"seed": 4}})
    np.testing.assert_array_equal(seeded(SHAPE), seeded(SHAPE))


def test_both_dtypes_start_from_the_same_numbers() -> None:
    initializer = initializers.GlorotUniform(seed=1)
    np.testing.assert_array_equal(initializer(SHAPE, "float32"), initializer(SHAPE, "float64").astype(np.float32))


@pytest.mark.parametrize("name", NAMES)
def test_serialize_and_back(name: str) -> None:
    config = initializers.serialize(initializers.get(name))
    assert initializers.serialize(initializers.deserialize(config)) == config
    assert config["class_name"] == getattr(initializers, name).__name__


def test_a_seed_is_an_integer() -> None:
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        initializers.HeNormal(seed="a")


def test_any_function_of_shape_and_dtype_will_do() -> None:
    def function(shape: tuple[int, ...], dtype: str) -> np.ndarray:
        return np.ones(shape, dtype)

    assert initializers.get(function) is function


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"Unknown initializer: 'glorot'. Known are: .*glorot_uniform.*zeros"):
        initializers.get("glorot")
