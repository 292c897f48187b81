"""What is said while a perceptron learns, and when it stops; scikit-learn's words, but for the seconds."""

import re
from typing import Any

import numpy as np
import pytest
from estimators.test_perceptron import IRIS, TWO
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Perceptron as Theirs

from fastmlp import Perceptron

CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"penalty": "l2", "alpha": 0.01},
    {"penalty": "l1", "alpha": 0.01, "early_stopping": True},
    {"penalty": "elasticnet", "verbose": 2},
    {"early_stopping": True, "tol": None, "max_iter": 3},
    {"max_iter": 200, "class_weight": "balanced", "shuffle": False},
    {"max_iter": 200, "warm_start": True},
]


def said(kind: type, parameters: dict[str, Any], data: Any, dtype: str, capsys: Any) -> tuple[str, str]:
    X, y = data
    estimator = kind(**{"verbose": 1, **parameters}).fit(X.astype(dtype), y)
    estimator.partial_fit(X.astype(dtype), y)
    said = capsys.readouterr()
    return tuple(re.sub(r"\d+\.\d+ ?s(econds)?", "? s", text) for text in (said.out, said.err))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("parameters", CONFIGURATIONS, ids=str)
@pytest.mark.parametrize("data", [IRIS, TWO], ids=["three", "two"])
@pytest.mark.filterwarnings("ignore:Maximum number of iteration")
def test_reports(data: Any, parameters: dict[str, Any], dtype: str, capsys: pytest.CaptureFixture[str]) -> None:
    ours = said(Perceptron, parameters, data, dtype, capsys)
    theirs = said(Theirs, parameters, data, dtype, capsys)
    assert ours == theirs
    assert "-- Epoch 1" in ours[0]


def test_the_epoch_of_an_overflow_is_named() -> None:
    X, y = np.array([[1e200, 1.0], [-1e200, 1.0]] * 4), np.arange(8) % 2
    messages = []
    for kind in (Perceptron, Theirs):
        with pytest.raises(ValueError, match="Floating-point under-/overflow occurred at epoch #1") as caught:
            kind(eta0=1e200, verbose=1).fit(X, y)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_too_few_epochs_are_warned_of() -> None:
    for kind in (Perceptron, Theirs):
        with pytest.warns(ConvergenceWarning) as caught:
            kind(max_iter=2).fit(*IRIS)
        assert str(caught[0].message) == (
            "Maximum number of iteration reached before convergence. Consider increasing max_iter to improve the fit."
        )
