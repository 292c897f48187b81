"""The units of an estimator: one for two classes, else one for each class against all others."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from fastmlp.estimators._threshold_units import LabelledRows, Unit, train

if TYPE_CHECKING:
    from fastmlp.estimators.perceptron import Perceptron

Array = NDArray[Any]

SEEDS = np.iinfo(np.int32).max  # scikit-learn draws its seeds below this number


def train_pair(
    estimator: "Perceptron", samples: LabelledRows, class_weights: Array, coef: Array, intercept: Array, max_iter: int
) -> tuple[Array, int]:
    """Train the one unit of two classes, changing `coef` (1, n_features); return its intercept and its epochs."""
    positive = samples.y == estimator.classes_[1]
    generator = check_random_state(estimator.random_state)
    generator.randint(1, SEEDS)  # scikit-learn draws this one too, and does not use it
    held_out = _hold_out(estimator, np.where(positive, 1.0, -1.0), samples.weights)
    unit = Unit(positive, tuple(class_weights), coef[0], float(intercept[0]), generator.randint(SEEDS))
    value, epochs = train(estimator, unit, samples, samples.for_engine(), held_out, max_iter)
    return np.atleast_1d(value), epochs


def train_each(
    estimator: "Perceptron", samples: LabelledRows, class_weights: Array, coef: Array, intercept: Array, max_iter: int
) -> tuple[Array, int]:
    """Train a unit for each class, changing `coef` (n_classes, n_features), side by side in `n_jobs` threads.

    Returns
    -------
    tuple
        The intercepts, of the dtype of those given, and the most epochs of any unit.
    """
    held_out = _hold_out(estimator, samples.y, samples.weights)
    seeds = check_random_state(estimator.random_state).randint(SEEDS, size=len(coef))
    rows = samples.for_engine()

    def train_one(i: int, seed: int) -> tuple[float, int]:
        generator = np.random.RandomState(seed)
        generator.randint(1, SEEDS)  # as above
        positive = samples.y == estimator.classes_[i]
        unit = Unit(positive, (1.0, class_weights[i]), coef[i], float(intercept[i]), generator.randint(SEEDS))
        return train(estimator, unit, samples, rows, held_out, max_iter)

    parallel = Parallel(n_jobs=estimator.n_jobs, verbose=estimator.verbose, require="sharedmem")
    results = parallel(delayed(train_one)(i, seed) for i, seed in enumerate(seeds))
    return np.array([value for value, _ in results], dtype=intercept.dtype), max(epochs for _, epochs in results)


def _hold_out(estimator: "Perceptron", y: Array, weights: Array) -> Array:
    """Return which rows are kept for validation."""
    held_out = np.zeros(len(y), dtype=bool)
    if not estimator.early_stopping:
        return held_out
    splitter = StratifiedShuffleSplit(test_size=estimator.validation_fraction, random_state=estimator.random_state)
    _, chosen = next(splitter.split(np.zeros((len(y), 1)), y))
    if not np.any(weights[chosen] > 0):
        raise ValueError("The sample weights for validation set are all zero, consider using a different random state.")
    held_out[chosen] = True
    return held_out
