"""Training of one linear threshold unit: by the engine, and watched by Python where users ask for it."""

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs
from scipy.sparse import issparse
from sklearn.base import clone

from fastmlp import _engine
from fastmlp.models._data.samples import engine_rows

if TYPE_CHECKING:
    from fastmlp.estimators.perceptron import Perceptron

Array = NDArray[Any]

SPARSE_INTERCEPT_RATE = 0.01  # with sparse rows scikit-learn moves the intercept this much slower


@dataclass(frozen=True)
class LabelledRows:
    """Rows and their labels, which all units learn from."""

    X: Any  # (n_samples, n_features), dense or CSR
    y: Array  # (n_samples,), labels
    weights: Array  # (n_samples,), of the dtype of X

    def for_engine(self) -> Array | _engine.Sparse:
        """Return the rows as the engine reads them."""
        return engine_rows(self.X) if issparse(self.X) else np.require(self.X, requirements=["C", "ALIGNED"])


@dataclass(frozen=True)
class Unit:
    """What one unit learns, and what it begins with."""

    positive: Array  # (n_samples,), bool: which rows belong to its class
    class_weights: tuple[float, float]  # of the others, and of these
    coef: Array  # (n_features,), changed in place
    intercept: float
    seed: int


@dataclass(frozen=True)
class Penalty:
    """``alpha ((1 - l1_ratio) / 2 |w|^2 + l1_ratio |w|_1)``."""

    alpha: float
    l1_ratio: float
    present: bool

    @classmethod
    def of(cls, estimator: "Perceptron") -> "Penalty":
        """Return an estimator's penalty."""
        shares = {None: 0.0, "l2": 0.0, "l1": 1.0, "elasticnet": estimator.l1_ratio}
        return cls(estimator.alpha, shares[estimator.penalty], estimator.penalty is not None)


class ValidationScore:
    """The score, by an estimator's own `score`, that a unit gets with the rows which are kept from it."""

    def __init__(self, estimator: "Perceptron", samples: LabelledRows, positive: Array, held_out: Array) -> None:
        self._estimator = clone(estimator)
        self._estimator.t_ = 1.0
        self._estimator.classes_ = np.array([-1, 1], dtype=samples.X.dtype)
        self._X = samples.X[held_out]
        self._y = np.where(positive[held_out], 1, -1).astype(samples.X.dtype)
        self._weights = samples.weights[held_out]

    def __call__(self, coef: Array, intercept: float) -> float:
        """Return the score of a unit."""
        self._estimator.coef_ = coef.reshape(1, -1)
        self._estimator.intercept_ = np.atleast_1d(intercept)
        return self._estimator.score(self._X, self._y, self._weights)


def train(
    estimator: "Perceptron",
    unit: Unit,
    samples: LabelledRows,
    rows: Array | _engine.Sparse,
    held_out: Array,
    max_iter: int,
) -> tuple[float, int]:
    """Train one unit; return its intercept and the epochs that this took.

    Raises
    ------
    ValueError
        If a weight or the intercept is no longer finite.
    """
    learner = _learner(estimator, unit, samples, rows, held_out)
    if estimator.early_stopping or estimator.verbose:
        score = ValidationScore(estimator, samples, unit.positive, held_out) if estimator.early_stopping else None
        _watch(learner, unit.coef, score, max_iter, verbose=bool(estimator.verbose))
    else:
        learner.run(max_iter)
    if not learner.is_finite:
        raise ValueError(
            f"Floating-point under-/overflow occurred at epoch #{learner.epochs}. Scaling input data with "
            "StandardScaler or MinMaxScaler might help."
        )
    if learner.scale != 1:
        unit.coef[:] *= unit.coef.dtype.type(learner.scale)
    return learner.intercept, learner.epochs


def _learner(
    estimator: "Perceptron", unit: Unit, samples: LabelledRows, rows: Array | _engine.Sparse, held_out: Array
) -> _engine.Perceptron:
    penalty = Penalty.of(estimator)
    normed = penalty.present or bool(estimator.verbose)
    square_norm, absolute_norm = _norms(unit.coef) if normed else (0.0, 0.0)
    sparse = isinstance(rows, _engine.Sparse)
    return _engine.Perceptron(
        rows,
        unit.coef,
        np.zeros_like(unit.coef) if penalty.l1_ratio * estimator.eta0 * penalty.alpha else None,
        unit.positive.view(np.uint8),
        held_out.view(np.uint8),
        samples.weights,
        unit.class_weights,
        rate=estimator.eta0,
        intercept_rate=(SPARSE_INTERCEPT_RATE if sparse else 1.0) if estimator.fit_intercept else 0.0,
        alpha=penalty.alpha,
        l1_ratio=penalty.l1_ratio,
        penalized=penalty.present,
        normed=normed,
        seed=unit.seed if estimator.shuffle else None,
        tolerance=-math.inf if estimator.tol is None else estimator.tol,
        patience=estimator.n_iter_no_change,
        intercept=unit.intercept,
        square_norm=square_norm,
        absolute_norm=absolute_norm,
    )


def _norms(coef: Array) -> tuple[float, float]:
    """Return the squared and the absolute norm, summed in the order of the BLAS that scikit-learn uses."""
    dot, asum = get_blas_funcs(("dot", "asum"), (coef,))
    return float(dot(coef, coef)), float(asum(coef))


def _watch(
    learner: _engine.Perceptron, coef: Array, score: ValidationScore | None, max_iter: int, *, verbose: bool
) -> None:
    """Train epoch by epoch, to stop by a score or to report."""
    started = time.time()
    while learner.epochs < max_iter:
        if verbose:
            print(f"-- Epoch {learner.epochs + 1}")
        learner.epoch()
        if not learner.is_finite:
            return
        # Scores are of the weights without their scale, as in scikit-learn.
        reached = None if score is None else score(coef, learner.intercept)
        if verbose:
            _report(learner, coef, reached, time.time() - started)
        if learner.has_converged(learner.objective if reached is None else -reached):
            if verbose:
                print(f"Convergence after {learner.epochs} epochs took {time.time() - started:.2f} seconds")
            return


def _report(learner: _engine.Perceptron, coef: Array, score: float | None, seconds: float) -> None:
    parts = [
        f"Norm: {coef.dtype.type(math.sqrt(learner.square_norm)):.2f}",
        f"NNZs: {np.count_nonzero(coef)}",
        f"Bias: {learner.intercept:.6f}",
        f"T: {learner.steps}",
        f"Avg. loss: {learner.loss:f}",
        f"Objective: {learner.objective:f}",
    ]
    if score is not None:
        parts.append(f"Validation score: {score:f}")
    print(", ".join(parts))
    print(f"Total training time: {seconds:.2f} seconds.")
