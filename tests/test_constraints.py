from typing import Any

import numpy as np
import pytest
from real_keras import keras

import fastmlp
from fastmlp import constraints

W = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
W[:, 1] = 0
CONSTRAINTS: list[tuple[str, dict[str, Any]]] = [
    ("NonNeg", {}),
    ("MaxNorm", {"max_value": 1.5}),
    ("MaxNorm", {"max_value": 1.5, "axis": 1}),
    ("MaxNorm", {"max_value": 1.5, "axis": [0, 1]}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": -1}),
    ("MinMaxNorm", {"min_value": 1.0, "max_value": 2.0, "rate": 0.75}),
]


@pytest.mark.parametrize(("name", "settings"), CONSTRAINTS)
def test_numbers_and_configs_are_those_of_keras(name: str, settings: dict[str, Any]) -> None:
    ours, theirs = (getattr(package.constraints, name)(**settings) for package in (fastmlp, keras))
    np.testing.assert_allclose(ours(W), np.array(theirs(W)), rtol=1e-6, atol=1e-7)
    assert ours(W).dtype == np.float32
    assert ours.get_config() == theirs.get_config()
    assert constraints.serialize(ours) == keras.constraints.serialize(theirs)
    assert constraints.get(constraints.serialize(ours)).get_config() == theirs.get_config()


@pytest.mark.parametrize(("name", "settings"), CONSTRAINTS)
@pytest.mark.parametrize("shape", [(6,), (5, 4), (3, 2, 4)])
def test_the_engine_does_what_a_call_does(name: str, settings: dict[str, Any], shape: tuple[int, ...]) -> None:
    if len(shape) == 1 and settings.get("axis", 0) not in (0, -1):
        return
    value = np.random.default_rng(1).normal(size=shape)
    variable = fastmlp.variables.Variable(shape, "float64", lambda *_: value)
    variable.constraint = getattr(constraints, name)(**settings)
    fastmlp.optimizers.SGD(0.0).apply([np.zeros(shape)], [variable])
    np.testing.assert_allclose(variable.numpy(), variable.constraint(value), rtol=1e-12)


def test_what_the_engine_can_do() -> None:
    assert constraints.MaxNorm(3).in_engine((5, 4)) == ("max_norm", "columns", (3.0,))
    assert constraints.MaxNorm(3).in_engine((4,)) == ("max_norm", "all", (3.0,))
    assert constraints.UnitNorm(axis=-1).in_engine((5, 4)) == ("unit_norm", "rows", ())
    assert constraints.UnitNorm(axis=0).in_engine((3, 2, 4)) is None

    class Softer(constraints.MaxNorm):
        def __call__(self, w: Any) -> Any:
            return w / 2

    assert Softer().in_engine((5, 4)) is None


def test_names_functions_and_errors() -> None:
    assert type(constraints.get("max_norm")) is type(constraints.get("MaxNorm")) is constraints.max_norm
    assert isinstance(constraints.get("non_neg"), constraints.NonNeg)
    assert constraints.get(None) is None
    assert constraints.get(np.abs) is np.abs
    with pytest.raises(ValueError, match=r"Unknown constraint: 'tight'. Known are: .*max_norm"):
        constraints.get("tight")
    with pytest.raises(ValueError, match=r"`max_value` must be a number of at least 0. Received: max_value=-1"):
        constraints.MaxNorm(-1)
