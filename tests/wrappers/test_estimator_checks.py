"""What scikit-learn asks of every estimator."""

from typing import Any

import pytest

pytest.importorskip("sklearn")


from wrappers import builders
from wrappers.checks import parametrize_with_checks

from fastmlp.wrappers.scikit_learn import KerasClassifier, KerasRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")

SETTINGS: dict[str, Any] = {"epochs": 20, "verbose": 0, "optimizer": "adam", "optimizer__learning_rate": 0.01}
ESTIMATORS = [
    KerasRegressor(builders.fitting_regressor, loss="mse", **SETTINGS),
    KerasClassifier(builders.fitting_classifier, units=20, **SETTINGS),
]


def expected_failures(estimator: Any) -> dict[str, str]:
    why = "a step divides by the number of its rows, whatever they weigh, and rows that are left out change the steps"
    return {f"check_sample_weight_equivalence_on_{kind}_data": why for kind in ("dense", "sparse")}


@parametrize_with_checks(ESTIMATORS, expected_failures)
def test_estimator_checks(estimator: Any, check: Any) -> None:
    check(estimator)
