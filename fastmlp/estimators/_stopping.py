"""When epochs stop: scikit-learn's count of those that did not improve."""

from typing import TYPE_CHECKING

from fastmlp.estimators._record import Verdict
from fastmlp.optimizers import Optimizer

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP


class Stopping:
    """Counts epochs without improvement, of the loss or of the score on rows held out.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    anew : bool
        Whether to count from 0, instead of going on with the count of the last call.
    """

    def __init__(self, estimator: "BaseMLP", *, anew: bool) -> None:
        self._estimator = estimator
        if anew or not hasattr(estimator, "_no_improvement_count"):
            estimator._no_improvement_count = 0

    def count(self, verdict: Verdict) -> None:
        """Count an epoch if it is not better than the best one before.

        NaN, which is not worse than anything, starts anew, as in scikit-learn.
        """
        estimator = self._estimator
        if not estimator.early_stopping:
            worse = verdict.loss > estimator.best_loss_ - estimator.tol
        else:
            worse = verdict.score is not None and verdict.score < estimator.best_validation_score_ + estimator.tol
        estimator._no_improvement_count = estimator._no_improvement_count + 1 if worse else 0

    def end_epoch(self, optimizer: Optimizer) -> bool:
        """Set the learning rate of the next epoch, and tell whether training is to stop instead."""
        estimator = self._estimator
        estimator._rate_policy.end_epoch(optimizer, estimator.t_)
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return False
        stops, done = estimator._rate_policy.no_improvement(optimizer)
        if estimator.verbose:
            what = "Validation score" if estimator.early_stopping else "Training loss"
            print(
                f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change:d} "
                f"consecutive epochs. {done}"
            )
        if not stops:
            estimator._no_improvement_count = 0
        return stops
