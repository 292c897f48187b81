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
    anew : bool
        Whether it begins with new weights, and forgets what earlier calls came to.

    Raises
    ------
    ValueError
        If the estimator has parameters with which this cannot be done.
    """

    def __init__(self, estimator: "BaseMLP", *, anew: bool) -> None:
        self._estimator = estimator
        self._anew = anew

    def prepare(self) -> None:  # noqa: B027
        """Leave the first weights as this solver needs them: as they were drawn, in the dtype of the rows."""

    @abstractmethod
    def run(self, given: GivenRows, eval_set: Any, *, incremental: bool) -> None:
        """Train; `incremental`: as much as `partial_fit` does."""
