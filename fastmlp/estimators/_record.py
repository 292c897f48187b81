"""What is known of an estimator behind each epoch: curves, the best numbers on them, and the best weights."""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastmlp.estimators._evaluation import Validation

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP


class Verdict(NamedTuple):
    """What an epoch came to; None: nobody asked."""

    loss: float
    val_loss: float | None
    score: float | None

    @property
    def logs(self) -> dict[str, float]:
        """What callbacks are told."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def begin_curves(estimator: "BaseMLP", *, anew: bool, stops_early: bool = False) -> None:
    """Begin new curves of an estimator where it has none, or `anew` is true; else go on with those of the last call."""
    if not anew and hasattr(estimator, "loss_curve_"):
        return
    estimator.loss_curve_ = []
    estimator.best_loss_ = None if stops_early else np.inf
    estimator.validation_scores_, estimator.best_validation_score_ = ([], -np.inf) if stops_early else (None, None)
    estimator.validation_loss_curve_ = estimator.best_validation_loss_ = None


class Record:
    """Keeps the curves of an estimator, the best numbers on them and, where they are wanted, the best weights.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date, of which `begin_curves` has begun the curves.
    validation : Validation or None
        Rows for validation.
    restores : bool
        Whether the fit is to end with the best weights of this call: best by the score, else by the loss of the rows
        for validation, else by the loss in training.
    stops_early : bool
        Whether it ends by the score, and with the weights of the highest one of all calls.
    """

    def __init__(
        self,
        estimator: "BaseMLP",
        validation: Validation | None,
        *,
        restores: bool,
        stops_early: bool = False,
    ) -> None:
        self._estimator = estimator
        self._validation = validation
        self._stops_early = stops_early
        self._restores = restores and not stops_early
        self._best = math.inf
        if validation is not None:
            validation.begin()
        if self._restores:
            estimator._keep_best()

    @property
    def validates(self) -> bool:
        """Whether there are rows for validation."""
        return self._validation is not None

    def add(self, loss: float) -> Verdict:
        """Add an epoch of which the loss is known, and judge it by the rows for validation."""
        estimator = self._estimator
        estimator.loss_ = loss
        estimator.n_iter_ += 1
        estimator.loss_curve_.append(loss)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {loss:.8f}")
        return Verdict(loss, *((None, None) if self._validation is None else self._validation.judge()))

    def note_best(self, verdict: Verdict) -> None:
        """Bring the best numbers up to date, and the best weights where they are wanted."""
        estimator, (loss, val_loss, score) = self._estimator, verdict
        if not self._stops_early and loss < estimator.best_loss_:
            estimator.best_loss_ = loss
        if val_loss is not None and val_loss < estimator.best_validation_loss_:
            estimator.best_validation_loss_ = val_loss
        if score is not None and score > estimator.best_validation_score_:
            estimator.best_validation_score_ = score
            if self._stops_early:
                estimator._keep_best()
        judgement = -score if score is not None else loss if val_loss is None else val_loss
        if self._restores and judgement < self._best:
            self._best = judgement
            estimator._keep_best()

    def restore_best(self) -> None:
        """End with the best weights, where they are wanted."""
        if self._stops_early or self._restores:
            self._estimator._restore_best()
