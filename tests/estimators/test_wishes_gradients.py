"""Derivatives of outputs by inputs, against central differences in float64."""

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_diabetes, load_iris

import fastmlp
from fastmlp import ops

X, LABELS = load_iris(return_X_y=True)
NUMBERS = np.stack(load_diabetes(return_X_y=True)[1:] * 2, axis=1)[: len(X)] / 100
NUMBERS[:, 1] **= 2
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (8, 5), "activation": ["silu", "tanh"], "max_iter": 30}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def differences(model: Any, x: np.ndarray) -> np.ndarray:
    """Return central differences, shape (rows, outputs, features)."""
    steps = 1e-5 * np.eye(x.shape[1])
    return np.stack([(model._outputs(x + step) - model._outputs(x - step)) / 2e-5 for step in steps], axis=-1)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
@pytest.mark.parametrize(
    ("name", "y", "parameters"),
    [
        ("MLPClassifier", LABELS, {}),
        ("MLPClassifier", LABELS > 0, {"activation": lambda x: ops.sin(x)}),
        ("MLPClassifier", np.stack([LABELS > 0, LABELS > 1], axis=1).astype(int), {}),
        ("MLPRegressor", NUMBERS, {}),
        ("MLPRegressor", NUMBERS[:, 0], {"loss": "poisson"}),
        ("MLPRegressor", NUMBERS, {"out_activation": "softplus", "hidden_layer_sizes": (), "activation": "relu"}),
    ],
)
def test_input_gradients(name: str, y: np.ndarray, parameters: dict[str, Any], dropout: float) -> None:
    model = getattr(fastmlp, name)(random_state=0, dropout=dropout, **{**SETTINGS, **parameters}).fit(X, y)
    expected = differences(model, X)
    got = model.input_gradients(X)
    assert got.dtype == np.float64
    np.testing.assert_allclose(got, expected[:, 0] if model.n_outputs_ == 1 else expected, rtol=1e-6, atol=1e-8)
    last = model.n_outputs_ - 1
    np.testing.assert_array_equal(model.input_gradients(X, last), got if last == 0 else got[:, last])
    np.testing.assert_array_equal(model.input_gradients(csr_array(X)), got)


def test_many_rows_and_float32() -> None:
    rows = np.concatenate([X + i for i in range(8)])  # 1,200
    model = fastmlp.MLPClassifier(random_state=0, **SETTINGS).fit(rows, np.tile(LABELS, 8))
    single = fastmlp.MLPClassifier(random_state=0, **SETTINGS).fit(rows.astype("f4"), np.tile(LABELS, 8))
    got = model.input_gradients(rows)
    np.testing.assert_allclose(got[[0, 511, 512, 1199]], differences(model, rows[[0, 511, 512, 1199]]), atol=1e-8)
    np.testing.assert_array_equal(got[600:603], model.input_gradients(rows[600:603]))
    assert single.input_gradients(rows.astype("f4"), 1).dtype == np.float32
    model.set_params(n_threads=1)
    np.testing.assert_array_equal(model.input_gradients(rows), got)


def test_what_cannot_be() -> None:
    model = fastmlp.MLPClassifier(random_state=0, **SETTINGS).fit(X, LABELS)
    before = [coef.copy() for coef in model.coefs_]
    for output in (3, -1, "a"):
        with pytest.raises(ValueError, match="output must be an integer from 0 to 2"):
            model.input_gradients(X, output)
    with pytest.raises(ValueError, match="X has 2 features, but MLPClassifier is expecting 4"):
        model.input_gradients(X[:, :2])
    with pytest.raises(ValueError, match="X has 2 features, but MLPClassifier is expecting 4"):
        model.hidden_activations(X[:, :2])
    with pytest.raises(AttributeError, match="is not fitted yet"):  # a NotFittedError
        fastmlp.MLPClassifier().input_gradients(X)
    for coef, kept in zip(model.coefs_, before, strict=True):
        np.testing.assert_array_equal(coef, kept)
    assert fastmlp.MLPClassifier(()).fit(X, LABELS).hidden_activations(X) == []
