"""What scikit-learn asks of every estimator."""

from typing import Any

import pytest

pytest.importorskip("sklearn")

from wrappers.checks import parametrize_with_checks

from fastmlp import MLPClassifier, MLPRegressor

# The second pair has the settings with which scikit-learn compares weights with repeated rows in its own MLPs.
ESTIMATORS = [
    MLPClassifier(max_iter=100),
    MLPRegressor(max_iter=100),
    MLPClassifier(max_iter=100, solver="lbfgs"),
    MLPRegressor(max_iter=100, solver="sgd", tol=1e-2, random_state=42),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS, lambda estimator: {})
def test_estimator_checks(estimator: Any, check: Any) -> None:
    check(estimator)
