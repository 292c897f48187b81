"""When training stops: scikit-learn's count of epochs that did not improve."""

from typing import TYPE_CHECKING

from fastmlp.estimators._rates import RatePolicy
from fastmlp.models._samples import Samples
from fastmlp.optimizers import Optimizer

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP


class Stopping:
    """Judges an estimator after each epoch, by its loss or by its score on rows held out.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    held_out : Samples or None
        Rows for validation.
    """

    def __init__(self, estimator: "BaseMLP", held_out: Samples | None) -> None:
        self._estimator = estimator
        self._held_out = held_out

    def ends(self, optimizer: Optimizer, policy: RatePolicy) -> bool:
        """Tell whether training is to stop, behind an epoch."""
        estimator = self._estimator
        if self._held_out is None:
            self._compare_loss()
        else:
            self._compare_score(self._held_out)
        policy.end_epoch(optimizer, estimator.t_)
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return False
        stops, done = policy.no_improvement(optimizer)
        if estimator.verbose:
            what = "Training loss" if self._held_out is None else "Validation score"
            print(
                f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change:d} "
                f"consecutive epochs. {done}"
            )
        if not stops:
            estimator._no_improvement_count = 0
        return stops

    def _compare_loss(self) -> None:
        estimator = self._estimator
        loss = estimator.loss_curve_[-1]
        self._count(worse=loss > estimator.best_loss_ - estimator.tol)
        if loss < estimator.best_loss_:
            estimator.best_loss_ = loss

    def _compare_score(self, held_out: Samples) -> None:
        estimator = self._estimator
        score = estimator._validation_score(held_out)
        estimator.validation_scores_.append(score)
        if estimator.verbose:
            print(f"Validation score: {score:f}")
        self._count(worse=score < estimator.best_validation_score_ + estimator.tol)
        if score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            estimator._keep_best()

    def _count(self, *, worse: bool) -> None:
        """Count an epoch; NaN, which is not worse than anything, starts anew, as in scikit-learn."""
        self._estimator._no_improvement_count = self._estimator._no_improvement_count + 1 if worse else 0
