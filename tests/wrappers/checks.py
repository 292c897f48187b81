"""scikit-learn's checks of estimators, under names that are the same in every process that runs tests."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator


def parametrize_with_checks(estimators: Sequence[Any], failures: Callable[[Any], dict[str, str]]) -> Any:
    """Return a decorator for a test of (estimator, check); the checks that `failures` names are expected to fail."""
    cases = [
        case
        for estimator in estimators
        for case in estimator_checks_generator(estimator, expected_failed_checks=failures(estimator), mark="xfail")
    ]
    return pytest.mark.parametrize(("estimator", "check"), cases, ids=_name)


def _name(value: Any) -> str:
    if not isinstance(value, partial):
        return str(getattr(value, "__name__", type(value).__name__))
    settings = ",".join(f"{key}={setting}" for key, setting in value.keywords.items())
    return f"{_name(value.func)}({settings})"
