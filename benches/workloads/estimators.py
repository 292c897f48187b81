"""What `compare_estimators.py` times: fits, a search and a prediction by fastmlp's estimators or by scikit-learn's.

`python -m benches.workloads.estimators TASK MODULE [--quick]` does one of them in a fresh process and prints, as JSON,
the measurement and the answer, in which both must agree.
"""

import argparse
import json
import time
import timeit
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benches.measurement import PEAK_SECONDS, Measurement
from benches.workloads.workload import FASHION, HOUSING, Workload

Array = NDArray[Any]
Sample = tuple[float, float]  # seconds, answer

MODULES = {"fastmlp": "fastmlp.estimators", "scikit-learn": "sklearn.neural_network"}
THREADS = 2
SEED = 0
SAMPLES = 3
QUICK_SHARE = 20  # of the rows is what a quick run takes


@dataclass(frozen=True)
class Task:
    """One row of the comparison.

    Attributes
    ----------
    label : str
        For tables.
    samples : callable
        Given the module of the estimators and whether to be quick, returns samples; all give the same answer.
    goal : float
        How many times as fast as scikit-learn fastmlp wants to be, or, where `limit`, at most how many seconds.
    flops : float
        Of a sample's products; 0 where these are not what takes time.
    dtype : str
        Of the arithmetic, for the peak.
    limit : bool
        Whether the goal is a time.
    tolerance : float
        Of the answers' agreement, relative.
    """

    label: str
    samples: Callable[[Any, bool], list[Sample]]
    goal: float
    flops: float = 0.0
    dtype: str = "float64"
    limit: bool = False
    tolerance: float = 1e-6


class Data(NamedTuple):
    """Rows and their targets."""

    x: Array
    y: Array

    def first(self, quick: bool) -> "Data":
        """Return all rows, or a share of them."""
        n = len(self.x) // (QUICK_SHARE if quick else 1)
        return Data(self.x[:n], self.y[:n])


def digits() -> Data:
    """Return the 1,797 digits of scikit-learn, 8 x 8 pixels from 0 to 1."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return Data(x / 16, y)


def fashion(dtype: str) -> Callable[[], Data]:
    """Return a function that returns Fashion-MNIST's 60,000 images, 784 pixels from 0 to 1."""

    def load() -> Data:
        from fastmlp.datasets import fashion_mnist

        (x, y), _ = fashion_mnist.load_data()
        return Data(x.reshape(len(x), -1).astype(dtype) / np.asarray(255, dtype), y)

    return load


def housing() -> Data:
    """Return made-up rows of the shape of California housing."""
    x, y = HOUSING.data()
    return Data(x.astype(np.float64), y[:, 0].astype(np.float64))


def fit(load: Callable[[], Data], name: str, samples: int = SAMPLES, **parameters: Any) -> Callable[..., list[Sample]]:
    """Return a function that fits an estimator some times, after a short fit that is not timed; answer: the loss."""

    def run(module: Any, quick: bool) -> list[Sample]:
        data = load().first(quick)
        estimator = getattr(module, name)(random_state=SEED, **parameters)
        getattr(module, name)(random_state=SEED, **parameters | {"max_iter": 1}).fit(data.x[:500], data.y[:500])
        found = []
        for _ in range(samples):
            begin = time.perf_counter()
            estimator.fit(*data)
            found.append((time.perf_counter() - begin, estimator.loss_))
        return found

    return run


def search(module: Any, quick: bool) -> list[Sample]:
    """Search among 20 small nets, in 3 folds, by two processes that have been started before; answer: the score."""
    from scipy.stats import loguniform, randint
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import RandomizedSearchCV
    from sklearn.preprocessing import scale

    x, y = load_breast_cancer(return_X_y=True)
    choices = {
        "hidden_layer_sizes": randint(5, 50),
        "alpha": loguniform(1e-5, 1e-1),
        "learning_rate_init": loguniform(1e-3, 1e-2),
    }
    net = module.MLPClassifier(batch_size=32, max_iter=5 if quick else 50, random_state=SEED)

    def searched(candidates: int) -> float:
        finder = RandomizedSearchCV(net, choices, n_iter=candidates, cv=3, n_jobs=2, random_state=SEED)
        return float(finder.fit(scale(x), y).best_score_)

    searched(2)
    begin = time.perf_counter()
    score = searched(20)
    return [(time.perf_counter() - begin, score)]


def prediction(module: Any, quick: bool) -> list[Sample]:
    """Predict one row; answer: its class. What scikit-learn's check of the row takes is not counted."""
    from sklearn.utils.validation import check_is_fitted, validate_data

    x, y = digits()
    estimator = module.MLPClassifier(max_iter=2, random_state=SEED).fit(x, y)
    row = x[:1]

    def check() -> None:
        check_is_fitted(estimator)
        validate_data(estimator, row, accept_sparse=["csr", "csc"], reset=False)

    answer, calls = float(estimator.predict(row)[0]), 100 if quick else 2000
    timers = [timeit.Timer(lambda: estimator.predict(row)), timeit.Timer(check)]
    for timer in timers:
        timer.timeit(calls)
    found = []
    for _ in range(9):
        both, checked = (timer.timeit(calls) / calls for timer in timers)
        found.append((both - checked, answer))
    return found


def flops(sizes: tuple[int, ...], rows: int, epochs: int) -> float:
    """Return the operations of a fit's products."""
    return float(Workload("", sizes, rows, 1, "sgd", 0).training_flops * rows * epochs)


TASKS = {
    "digits": Task(
        "digits, (100,), Adam: 50 epochs",
        fit(digits, "MLPClassifier", max_iter=50),
        5,
        flops((64, 100, 10), 1797, 50),
    ),
    "fashion-float32": Task(
        "Fashion-MNIST in float32, (100,), Adam: 3 epochs",
        fit(fashion("float32"), "MLPClassifier", 1, max_iter=3),
        3.5,
        flops((784, 100, 10), 60_000, 3),
        "float32",
        tolerance=1e-2,
    ),
    "fashion-float64": Task(
        "Fashion-MNIST in float64, (100,), Adam: 3 epochs",
        fit(fashion("float64"), "MLPClassifier", 1, max_iter=3),
        3.5,
        flops((784, 100, 10), 60_000, 3),
    ),
    "fashion-sgd-32": Task(
        "Fashion-MNIST in float32, (300, 100), SGD, batch 32: an epoch",
        fit(
            fashion("float32"),
            "MLPClassifier",
            1,
            hidden_layer_sizes=FASHION[1:-1],
            solver="sgd",
            batch_size=32,
            learning_rate_init=0.01,
            max_iter=1,
        ),
        6,
        flops(FASHION, 60_000, 1),
        "float32",
        tolerance=1e-2,
    ),
    "housing": Task(
        "11,610 x 8, (30,), SGD, batch 32: 10 epochs",
        fit(housing, "MLPRegressor", hidden_layer_sizes=(30,), solver="sgd", batch_size=32, max_iter=10),
        10,
    ),
    "search": Task("RandomizedSearchCV: 20 small nets, 3 folds, n_jobs=2", search, 10),
    "predict-1": Task("predict 1 row, beyond its validation", prediction, 15e-6, limit=True),
}


def measure(task: Task, name: str, quick: bool) -> tuple[Measurement, float]:
    """Return the median of a task's samples, beside the FMA peak before and behind them, and their answer."""
    warnings.simplefilter("ignore")  # fits that end early have not converged
    peak_now = peak_of(task, name)
    before = peak_now()
    times, answers = zip(*task.samples(import_module(MODULES[name]), quick), strict=True)
    if len(set(answers)) > 1:
        raise AssertionError(f"{name} does not repeat itself: {answers}")
    seconds = median(times)
    if not before:
        return Measurement(seconds), answers[0]
    peak = (before + peak_now()) / 2
    return Measurement(seconds, None if quick else task.flops / seconds / peak, peak), answers[0]


def peak_of(task: Task, name: str) -> Callable[[], float]:
    """Return a function that measures the peak; 0 where none is asked for, or fastmlp has to keep out."""
    if not task.flops or name != "fastmlp":
        return lambda: 0.0
    from fastmlp import _engine

    return lambda: _engine.peak(PEAK_SECONDS, THREADS, task.dtype)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benches.workloads.estimators", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("module", choices=MODULES)
    parser.add_argument("--quick", action="store_true", help="fewer rows and epochs")
    options = parser.parse_args()
    print(json.dumps(measure(TASKS[options.task], options.module, options.quick)))


if __name__ == "__main__":
    main()
