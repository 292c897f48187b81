"""Training by epochs, as scikit-learn does it: its draws, its batches, its sums."""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._rates import RatePolicy
from fastmlp.estimators._stopping import Stopping
from fastmlp.models._samples import Samples
from fastmlp.optimizers import Optimizer

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

Array = NDArray[Any]
Order = NDArray[np.int64]

_CHUNK_SECONDS = 0.05  # the engine returns this often, to see Ctrl-C


class Epochs:
    """The epochs of one call of `fit` or `partial_fit`.

    Parameters
    ----------
    estimator : BaseMLP
        Its fitted attributes are kept up to date.
    samples : Samples
        All rows, with one target and maybe weights.
    objective : Objective
        What is minimized.
    """

    def __init__(self, estimator: "BaseMLP", samples: Samples, objective: Objective) -> None:
        self._estimator = estimator
        self._samples = samples
        self._objective = objective
        self._order: Order | None = None  # None: all rows as they lie
        held_out = self._hold_out() if estimator.early_stopping else None
        self._rows = len(samples) if self._order is None else len(self._order)
        self._stopping = Stopping(estimator, held_out)

    def _hold_out(self) -> Samples:
        """Take a part of the rows away for validation, drawn as scikit-learn draws it."""
        estimator, samples = self._estimator, self._samples
        places = np.arange(len(samples))
        classes = samples.targets[0].astype(bool) if estimator._stratifies() else None
        self._order, kept = train_test_split(
            places,
            random_state=estimator._random_state,
            test_size=estimator.validation_fraction,
            stratify=classes,
        )
        if len(kept) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return samples.rows(kept)

    def _batch_size(self) -> int:
        wanted = self._estimator.batch_size
        if wanted == "auto":
            return min(200, self._rows)
        if wanted > self._rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=2
            )
        return min(int(wanted), self._rows)

    def run(self, optimizer: Optimizer, policy: RatePolicy, *, once: bool) -> None:
        """Go on until nothing improves any more, or `max_iter`; or for one epoch."""
        estimator = self._estimator
        batch_size = self._batch_size()
        try:
            estimator.n_iter_ = 0
            for _ in range(estimator.max_iter):
                self._epoch(optimizer, batch_size)
                if self._stopping.ends(optimizer, policy) or once:
                    break
                if estimator.n_iter_ == estimator.max_iter:
                    warnings.warn(
                        f"Stochastic Optimizer: Maximum iterations ({estimator.max_iter}) reached and the optimization "
                        "hasn't converged yet.",
                        ConvergenceWarning,
                        stacklevel=2,
                    )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)

    def _epoch(self, optimizer: Optimizer, batch_size: int) -> None:
        """Train with all rows once."""
        estimator = self._estimator
        if estimator.shuffle:
            drawn = np.arange(self._rows)
            estimator._random_state.shuffle(drawn)
            self._order = drawn if self._order is None else self._order[drawn]
        estimator.loss_ = self._train(optimizer, batch_size)
        estimator.n_iter_ += 1
        estimator.t_ += self._rows
        estimator.loss_curve_.append(estimator.loss_)
        if estimator.verbose:
            print(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}")

    def _train(self, optimizer: Optimizer, batch_size: int) -> float:
        """Do an epoch's steps and return the mean of its losses."""
        estimator, objective = self._estimator, self._objective
        lowered = estimator._network.to_train(
            batch_size, objective.spec, objective.target, estimator.alpha, bool(self._samples.sparse)
        )
        lowered.bind(**optimizer.bindings(lowered.variables))
        data = self._samples.data()
        sums = np.zeros((lowered.plan.terms, 2))
        first = 0
        while first < self._rows:
            steps = -(-(self._rows - first) // batch_size)
            used = lowered.plan.train(
                data,
                self._order,
                first,
                self._rows,
                batch_size,
                sums,
                learning_rates=optimizer.learning_rates(steps),
                step=optimizer.batches,
                seed=0,
                seconds=_CHUNK_SECONDS,
                **optimizer.rule,
            )
            first += used
            optimizer.batches += -(-used // batch_size)
        (loss, rows), *penalties = sums.tolist()
        return float(objective.scale * loss / rows + sum(penalty / rows for penalty, _ in penalties))
