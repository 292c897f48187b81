from typing import Any

import numpy as np
import pytest
from real_keras import keras

import fastmlp
from fastmlp import ops, regularizers
from fastmlp.graph import Graph
from fastmlp.lowering import run
from fastmlp.variables import Variable

W = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
REGULARIZERS: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.3, "l2": 0.2}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]


@pytest.mark.parametrize(("name", "settings"), REGULARIZERS)
def test_numbers_and_configs_are_those_of_keras(name: str, settings: dict[str, Any]) -> None:
    ours, theirs = (getattr(package.regularizers, name)(**settings) for package in (fastmlp, keras))
    expected = float(theirs(keras.ops.convert_to_tensor(W)))
    np.testing.assert_allclose(ours(W), expected, rtol=1e-5)
    variable = Variable(W.shape, initializer=lambda *_: W)
    (value,) = run(Graph([], [ours(ops.parameter(variable))]), [])
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    assert ours.get_config() == pytest.approx(theirs.get_config()) if name != "OrthogonalRegularizer" else True
    assert regularizers.get(regularizers.serialize(ours)).get_config() == ours.get_config()


def test_what_the_engine_adds_by_itself() -> None:
    assert regularizers.L1L2(0.1, 0.2).penalty == (0.1, 0.2)
    assert regularizers.L2(0.2).penalty == (0.0, 0.2)
    assert regularizers.OrthogonalRegularizer().penalty is None

    class Cubic(regularizers.L2):
        def __call__(self, x: Any) -> Any:
            return self.l2 * ops.sum(ops.absolute(x) ** 3)

    assert Cubic().penalty is None


def test_names_functions_and_errors() -> None:
    assert regularizers.get("l2").get_config() == regularizers.l2(0.01).get_config()  # type: ignore[union-attr]
    assert regularizers.get("l1_l2").get_config() == {"l1": 0.0, "l2": 0.0}  # type: ignore[union-attr]
    assert regularizers.get(None) is None
    with pytest.raises(ValueError, match=r"Unknown regularizer: 'l3'. Known are: .*l1"):
        regularizers.get("l3")
    with pytest.raises(ValueError, match=r"`l1` must be a finite number of at least 0. Received: l1=-1"):
        regularizers.L1(-1)
    with pytest.raises(ValueError, match=r"`mode` must be 'rows' or 'columns'. Received: mode='all'"):
        regularizers.OrthogonalRegularizer(mode="all")
    with pytest.raises(ValueError, match=r"expects a matrix. Received: shape=\(3,\)"):
        regularizers.OrthogonalRegularizer()(np.ones(3))


def test_a_variable_may_get_its_conditions_late() -> None:
    model = fastmlp.Sequential([fastmlp.Input((5,)), fastmlp.layers.Dense(2)])
    model.compile("sgd", "mse")
    x, y = np.zeros((8, 5)), np.zeros((8, 2))
    assert model.evaluate(x, y, verbose=0) == 0
    kernel = model.layers[0].kernel
    kernel.regularizer = regularizers.L2(0.5)
    assert model.evaluate(x, y, verbose=0) == pytest.approx(0.5 * np.square(kernel.numpy()).sum())
    kernel.constraint = fastmlp.constraints.NonNeg()
    assert kernel.numpy().min() < 0
    model.fit(x, y, verbose=0)
    assert kernel.numpy().min() == 0
