"""Rows for validation, and what an estimator is worth on them."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split

from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._scikit_learn import check_sample_weight, rows_of
from fastmlp.models._data.samples import Samples, is_sparse

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP


class GivenRows(NamedTuple):
    """Rows as the user gave them, for callbacks and scorers, and as the engine reads them."""

    X: Any
    y: Any
    sample_weight: Any
    samples: Samples

    def some(self, places: Any, *, for_scorer: bool) -> "GivenRows":
        """Return those at some places; as the user gave them only for a scorer."""
        X, y, weights = (_rows(each, places) if for_scorer and each is not None else None for each in self[:3])
        return GivenRows(X, y, weights, self.samples.rows(places))


def _rows(array: Any, places: Any) -> Any:
    return rows_of(array.tocsr() if is_sparse(array) else array, places)  # other forms cannot be indexed, or slowly


def held_out(estimator: "BaseMLP", given: GivenRows) -> tuple[Any, GivenRows]:
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
    return order, given.some(kept, for_scorer=estimator.scoring is not None)


def read_eval_set(estimator: "BaseMLP", eval_set: Any) -> GivenRows:
    """Return the rows of `eval_set`, checked."""
    if not isinstance(eval_set, tuple | list) or len(eval_set) not in (2, 3):
        raise ValueError(f"eval_set must be (X, y) or (X, y, sample_weight). Received: {type(eval_set).__name__}")
    X, y, sample_weight = (*eval_set, None)[:3]
    read, labels = estimator._validated(X, y, reset=False)
    weights = None if sample_weight is None else check_sample_weight(sample_weight, read)
    targets = estimator._targets(estimator._known(labels))
    columns = estimator.out_activation_ != "softmax" and estimator.n_outputs_ > 1
    if estimator._outputs_of(targets) != estimator.n_outputs_ or (columns and labels.ndim == 1):
        raise ValueError(
            f"The targets in eval_set must have {estimator.n_outputs_} columns. Received: shape={np.shape(y)}"
        )
    return GivenRows(X, y, sample_weight, estimator._samples(read, targets, weights))


class Validation:
    """Judges an estimator by rows that it is not trained with.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    given : GivenRows
        The rows.
    objective : Objective or None
        The loss, where its curve is wanted.
    scores : bool
        Whether scores are wanted: of `scoring`, or else the estimator's own.
    """

    def __init__(self, estimator: "BaseMLP", given: GivenRows, objective: Objective | None, *, scores: bool) -> None:
        self._estimator = estimator
        self._given = given
        self._objective = objective
        self._scores = scores
        self._scorer = None if estimator.scoring is None else check_scoring(estimator, estimator.scoring)

    def begin(self) -> None:
        """Begin the curves that there are not yet."""
        estimator = self._estimator
        if self._scores and estimator.validation_scores_ is None:
            estimator.validation_scores_, estimator.best_validation_score_ = [], -np.inf
        if self._objective is not None and estimator.validation_loss_curve_ is None:
            estimator.validation_loss_curve_, estimator.best_validation_loss_ = [], np.inf

    def judge(self) -> tuple[float | None, float | None]:
        """Return loss and score, each None where nobody asked, behind an epoch; curves get them."""
        estimator, loss, score = self._estimator, None, None
        if self._objective is not None:
            loss = estimator._network.loss(self._given.samples, self._objective, estimator.n_threads)
            estimator.validation_loss_curve_.append(loss)
            if estimator.verbose:
                print(f"Validation loss: {loss:.8f}")
        if self._scores:
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
