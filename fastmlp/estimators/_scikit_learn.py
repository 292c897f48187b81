"""What is private or new in scikit-learn, and yet its estimators are made of: here a change of it is found at once."""

from inspect import signature
from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.utils import _safe_indexing as rows_of
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call as is_first_partial_fit
from sklearn.utils.optimize import _check_optimize_result as check_optimize_result
from sklearn.utils.validation import _check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn before 1.9 has no callbacks

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing."""


_TELLS_OF_ZEROS = "allow_all_zero_weights" in signature(_check_sample_weight).parameters  # since 1.9


def check_sample_weight(sample_weight: Any, X: Any, *, dtype: Any = None, allow_all_zero: bool = False) -> Any:
    """Return the weights of rows as an array, or raise; scikit-learn before 1.9 allows that all are 0."""
    settings = {"allow_all_zero_weights": allow_all_zero} if _TELLS_OF_ZEROS else {}
    return _check_sample_weight(sample_weight, X, dtype=dtype, **settings)


__all__ = [
    "CallbackSupportMixin",
    "Interval",
    "Options",
    "StrOptions",
    "check_optimize_result",
    "check_sample_weight",
    "fit_context",
    "is_first_partial_fit",
    "rows_of",
]
