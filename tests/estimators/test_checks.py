"""What scikit-learn asks of every estimator."""

from typing import Any

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import check_sample_weight_equivalence_on_dense_data
from wrappers.checks import parametrize_with_checks

from fastmlp import MLPClassifier, MLPRegressor

ESTIMATORS = [MLPClassifier(max_iter=100), MLPRegressor(max_iter=100)]
# With these settings, too, scikit-learn compares weights with repeated rows in its own MLPs.
WEIGHED = [
    MLPClassifier(max_iter=100, solver="lbfgs"),
    MLPRegressor(max_iter=100, solver="sgd", tol=1e-2, random_state=42),
]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@parametrize_with_checks(ESTIMATORS, lambda estimator: {})
def test_estimator_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", WEIGHED, ids=["lbfgs", "sgd"])
def test_weights_repeat_rows(estimator: Any) -> None:
    check_sample_weight_equivalence_on_dense_data(type(estimator).__name__, estimator)
