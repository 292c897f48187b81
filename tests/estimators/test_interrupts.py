"""Ctrl-C in the middle of an epoch, by real signals in another process."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from types import FrameType
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network

import fastmlp
from fastmlp import optimizers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals to the process itself")

ROWS, BATCH = 9999, 3
STEPS = ROWS // BATCH  # of an epoch, which is some calls of the engine
rng = np.random.default_rng(0)
X = rng.normal(size=(ROWS, 6))
y = (X[:, 0] > X[:, 1]).astype(int)
SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (4,), "batch_size": BATCH, "shuffle": False, "random_state": 0, "n_iter_no_change": np.inf,
}  # fmt: skip


class Plain(optimizers.Optimizer):
    """Steps in Python, each step by a smaller rate."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: float) -> None:
        variable.assign(variable.numpy() - learning_rate / (1 + self.batches) * gradient)


@pytest.fixture(scope="module")
def child() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield pool


class CtrlC:
    """Sends Ctrl-C all the time, which is heard once, in a frame where it is `due`."""

    def __init__(self, due: Callable[[FrameType], bool]) -> None:
        self.due = due
        self.heard = threading.Event()
        self.sender = threading.Thread(target=self.send)

    def send(self) -> None:
        while not self.heard.wait(0.001):
            os.kill(os.getpid(), signal.SIGINT)

    def hear(self, number: int, frame: FrameType | None) -> None:
        if frame is not None and not self.heard.is_set() and self.due(frame):
            self.heard.set()
            signal.default_int_handler(number, frame)

    def __enter__(self) -> "CtrlC":
        self.before = signal.signal(signal.SIGINT, self.hear)
        self.sender.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.heard.set()
        self.sender.join()
        signal.signal(signal.SIGINT, self.before)


def train_interrupted(estimator: Any, method: str, due: Callable[[FrameType], bool]) -> None:
    def train() -> None:
        if method == "fit":
            assert estimator.set_params(max_iter=500).fit(X, y) is estimator
        while not ctrl_c.heard.is_set():
            assert estimator.partial_fit(X, y, classes=[0, 1]) is estimator

    with CtrlC(due) as ctrl_c, pytest.warns(UserWarning, match=r"^Training interrupted by user\.$"):
        train()


def check_counts(estimator: Any, method: str) -> None:
    """Only whole epochs count."""
    epochs = len(estimator.loss_curve_)
    assert epochs >= 2
    assert estimator.n_iter_ == (epochs if method == "fit" else 0)
    assert estimator.t_ == epochs * ROWS


def check_ours(solver: Any, method: str) -> None:
    estimator = fastmlp.MLPClassifier(solver=solver, **SETTINGS)

    def due(frame: FrameType) -> bool:
        """As the engine returns, but not from the first steps of an epoch."""
        batches = estimator._optimizer.batches if hasattr(estimator, "_optimizer") else 0
        return frame.f_code.co_name == "take_steps" and batches > 2 * STEPS and batches % STEPS > 0

    train_interrupted(estimator, method, due)
    check_counts(estimator, method)
    epochs, batches = len(estimator.loss_curve_), estimator._optimizer.batches
    assert epochs * STEPS < batches <= (epochs + 1) * STEPS

    stopped = fastmlp.MLPClassifier(solver=solver, **SETTINGS)
    for _ in range(epochs):
        stopped.partial_fit(X, y, classes=[0, 1])
    assert stopped.loss_curve_ == estimator.loss_curve_
    part = (batches - epochs * STEPS) * BATCH
    stopped.partial_fit(X[:part], y[:part])
    for _ in range(2):
        for array, expected in zip(estimator.get_weights(), stopped.get_weights(), strict=True):
            np.testing.assert_array_equal(array, expected)
        for each in (estimator, stopped):
            each.partial_fit(X, y)


def check_theirs(method: str) -> None:
    estimator = neural_network.MLPClassifier(**SETTINGS)

    def due(frame: FrameType) -> bool:
        batches = estimator._optimizer.t if hasattr(estimator, "_optimizer") else 0
        return frame.f_code.co_name == "_backprop" and batches > 2 * STEPS and batches % STEPS > 0

    train_interrupted(estimator, method, due)
    check_counts(estimator, method)
    assert len(estimator.loss_curve_) == estimator._optimizer.t // STEPS


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("solver", ["sgd", "adam", "nadam", "own"])
def test_training_goes_on_from_where_it_was_interrupted(child: Executor, solver: str, method: str) -> None:
    child.submit(check_ours, Plain(0.1) if solver == "own" else solver, method).result()


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_counts_in_scikit_learn(child: Executor, method: str) -> None:
    child.submit(check_theirs, method).result()
