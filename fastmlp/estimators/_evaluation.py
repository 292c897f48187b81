"""Rows for validation, and what an estimator is worth on them."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split

from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._scikit_learn import rows_of
from fastmlp.models._samples import Samples

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP


class Given(NamedTuple):
    """Rows as the user gave them, for scorers, and as the engine reads them."""

    X: Any
    y: Any
    samples: Samples

    def rows(self, places: Any) -> "Given":
        """Return some of the rows."""
        return Given(rows_of(self.X, places), rows_of(self.y, places), self.samples.rows(places))


def held_out(estimator: "BaseMLP", given: Given) -> tuple[Any, Given]:
    """Return the places of the rows to train with, and the others, drawn as scikit-learn draws them."""
    samples = given.samples
    classes = samples.targets[0].astype(bool) if estimator._stratifies() else None
    order, kept = train_test_split(
        np.arange(len(samples)),
        random_state=estimator._random_state,
        test_size=estimator.validation_fraction,
        stratify=classes,
    )
    if len(kept) < 2:
        raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
    return order, given.rows(kept)


class Validation:
    """Judges an estimator by rows that it is not trained with.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    given : Given
        The rows.
    objective : Objective or None
        The loss, where its curve is wanted.

    Attributes
    ----------
    has_loss, scores : bool
        What `judge` computes.
    """

    def __init__(self, estimator: "BaseMLP", given: Given, objective: Objective | None) -> None:
        self._estimator = estimator
        self._given = given
        self._objective = objective
        self.has_loss = objective is not None
        self.scores = estimator.early_stopping or estimator.scoring is not None
        self._scorer = None if estimator.scoring is None else check_scoring(estimator, estimator.scoring)

    def judge(self) -> tuple[float | None, float | None]:
        """Return loss and score, each None where nobody asked, behind an epoch; curves get them."""
        estimator, loss, score = self._estimator, None, None
        if self._objective is not None:
            loss = estimator._network.loss(self._given.samples, self._objective, estimator.n_threads)
            estimator.validation_loss_curve_.append(loss)
            if estimator.verbose:
                print(f"Validation loss: {loss:.8f}")
        if self.scores:
            score = self._score()
            estimator.validation_scores_.append(score)
            if estimator.verbose:
                print(f"Validation score: {score:f}")
        return loss, score

    def _score(self) -> float:
        samples = self._given.samples
        if self._scorer is None:
            return self._estimator._validation_score(samples)
        weights = {"sample_weight": samples.weights[0]} if samples.weights else {}
        return float(self._scorer(self._estimator, self._given.X, self._given.y, **weights))
