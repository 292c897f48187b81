"""When training stops, scikit-learn's count of epochs that did not improve, and which epoch was the best."""

import math
from typing import TYPE_CHECKING

from fastmlp.estimators._evaluation import Validation
from fastmlp.estimators._rates import RatePolicy
from fastmlp.optimizers import Optimizer

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

Logs = dict[str, float]


class Stopping:
    """Judges an estimator after each epoch, by its loss or by its score on rows held out.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    validation : Validation or None
        Rows for validation.
    """

    def __init__(self, estimator: "BaseMLP", validation: Validation | None) -> None:
        self._estimator = estimator
        self._validation = validation
        self._best = math.inf  # of this call
        if estimator.restore_best and not estimator.early_stopping:
            estimator._keep_best()

    def judge(self) -> Logs:
        """Look at an epoch: count it if it did not improve, keep its weights if they are the best; return its logs."""
        estimator = self._estimator
        loss = estimator.loss_curve_[-1]
        validation_loss, score = (None, None) if self._validation is None else self._validation.judge()
        if not estimator.early_stopping:
            self._count(worse=loss > estimator.best_loss_ - estimator.tol)
        elif score is not None:
            self._count(worse=score < estimator.best_validation_score_ + estimator.tol)
        self._note_best(loss, validation_loss, score)
        logs = {"loss": loss, "val_loss": validation_loss, "score": score}
        return {name: value for name, value in logs.items() if value is not None}

    def _note_best(self, loss: float, validation_loss: float | None, score: float | None) -> None:
        """Bring the best numbers up to date, and the best weights where they are wanted."""
        estimator = self._estimator
        if not estimator.early_stopping and loss < estimator.best_loss_:
            estimator.best_loss_ = loss
        if validation_loss is not None and validation_loss < estimator.best_validation_loss_:
            estimator.best_validation_loss_ = validation_loss
        if score is not None and score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            if estimator.early_stopping:
                estimator._keep_best()
        judgement = -score if score is not None else loss if validation_loss is None else validation_loss
        if estimator.restore_best and not estimator.early_stopping and judgement < self._best:
            self._best = judgement
            estimator._keep_best()

    def ends(self, optimizer: Optimizer, policy: RatePolicy) -> bool:
        """Tell whether training is to stop, behind an epoch."""
        estimator = self._estimator
        policy.end_epoch(optimizer, estimator.t_)
        if estimator._no_improvement_count <= estimator.n_iter_no_change:
            return False
        stops, done = policy.no_improvement(optimizer)
        if estimator.verbose:
            what = "Validation score" if estimator.early_stopping else "Training loss"
            print(
                f"{what} did not improve more than tol={estimator.tol:f} for {estimator.n_iter_no_change:d} "
                f"consecutive epochs. {done}"
            )
        if not stops:
            estimator._no_improvement_count = 0
        return stops

    def _count(self, *, worse: bool) -> None:
        """Count an epoch; NaN, which is not worse than anything, starts anew, as in scikit-learn."""
        self._estimator._no_improvement_count = self._estimator._no_improvement_count + 1 if worse else 0
