"""What the two kinds of solvers have in common."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from fastmlp.estimators._evaluation import GivenRows

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP


class Solver(ABC):
    """Leads the weights of an estimator through one call of `fit` or `partial_fit`.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.

    Raises
    ------
    ValueError
        If the estimator has parameters with which this cannot be done.
    """

    def __init__(self, estimator: "BaseMLP") -> None:
        self._estimator = estimator

    @abstractmethod
    def prepare(self, *, anew: bool) -> None:
        """Make the estimator ready to read rows; `anew`: its weights have just been drawn."""

    @abstractmethod
    def run(self, given: GivenRows, eval_set: Any, *, incremental: bool) -> None:
        """Train; `incremental`: as much as `partial_fit` does."""
