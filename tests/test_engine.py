"""The boundary: what the engine reads, what it refuses, and what holds with threads, forks and nested calls."""

import mmap
import os
import re
import threading
import time
from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import _engine
from fastmlp._engine import Data, Plan, empty_aligned, leading_dimension

RNG = np.random.default_rng(0)


def storage(rows: int, cols: int) -> np.ndarray:
    ld = leading_dimension(cols, "float32")
    return empty_aligned(rows * ld * 4).view(np.float32).reshape(rows, ld)


def small_plan() -> tuple[Plan, list[np.ndarray]]:
    """A dense layer of 3 inputs and 2 units with mse, for batches of up to 8."""
    plan = Plan("float32")
    value = plan.op("dense", [plan.input(1, 3)], [plan.parameter(3, 2, True), plan.parameter(1, 2, True)])
    plan.loss("mse", value, plan.target(1, 2))
    plan.finish(8)
    return plan, [storage(3, 2), storage(1, 2)]


DATA = Data([RNG.random((20, 3))], [RNG.random((20, 2))], [None])
OPTIONS: dict[str, Any] = {
    "optimizer": "sgd",
    "hyper": (),
    "learning_rates": np.full(3, 0.1),
    "step": 0,
    "seed": 0,
}


@pytest.mark.parametrize(
    ("first", "last", "batch_size", "changes", "message"),
    [
        (0, 0, 0, {}, "`batch_size` must be from 1 to 8. Received: 0"),
        (0, 20, 9, {}, "`batch_size` must be from 1 to 8. Received: 9"),
        (5, 4, 8, {}, "Rows must lie within the data's 20. Received: 5 to 4"),
        (0, 21, 8, {}, "Rows must lie within the data's 20. Received: 0 to 21"),
        (0, 20, 8, {"learning_rates": np.ones(2)}, "One learning rate for each batch is needed. Received: 2"),
        (0, 20, 8, {"hyper": (0.9,)}, "The optimizer 'sgd' takes 0 scalars. Received: 1"),
        (
            0,
            20,
            8,
            {"optimizer": "newton"},
            f"An optimizer must be one of {', '.join(_engine.OPTIMIZERS)}. Received: 'newton'",
        ),
        (0, 20, 8, {"optimizer": "momentum", "hyper": (0.9,)}, "The optimizer needs 1 slots. Received: 0"),
    ],
)
def test_what_a_run_refuses(first: int, last: int, batch_size: int, changes: dict[str, Any], message: str) -> None:
    plan, weights = small_plan()
    plan.bind(weights)
    with pytest.raises(ValueError, match=re.escape(message)):
        plan.train(DATA, None, first, last, batch_size, np.zeros((1, 2)), **(OPTIONS | changes))
    assert not any(w.any() for w in weights)


@pytest.mark.parametrize("order", [np.arange(19), np.r_[np.arange(19), 20], np.r_[np.arange(19), -1]])
def test_an_order_names_rows_of_the_data(order: np.ndarray) -> None:
    plan, weights = small_plan()
    plan.bind(weights)
    with pytest.raises(ValueError, match="The order must name"):
        plan.train(DATA, order, 0, 20, 8, np.zeros((1, 2)), **OPTIONS)


@pytest.mark.parametrize("bad", [[], [[]], [[], []], [[storage(3, 2)]], [[storage(3, 2), storage(2, 2)]]])
def test_slots_fit_the_parameters(bad: list[list[np.ndarray]]) -> None:
    plan, weights = small_plan()
    if bad:
        with pytest.raises(ValueError, match=r"needed|needs"):
            plan.bind(weights, None, bad)
    with pytest.raises(ValueError, match="bound"):
        plan.train(DATA, None, 0, 20, 8, np.zeros((1, 2)), **OPTIONS)


@pytest.mark.parametrize(
    "array",
    [
        RNG.random((20, 3)).astype(">f4"),
        RNG.random((20, 3)).astype(np.float16),
        np.asfortranarray(RNG.random((20, 3))),
        RNG.random((20, 6))[:, ::2],
        RNG.random((20, 3))[::-1],
        np.array(["a"] * 20).reshape(20, 1),
    ],
)
def test_arrays_that_the_engine_cannot_read_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="The engine reads arrays of"):
        Data([array])


@pytest.mark.skipif(not hasattr(mmap, "PROT_READ"), reason="needs memory whose end is protected")
@pytest.mark.parametrize("units", [1, 4, 5, 40])
@pytest.mark.parametrize("columns", [slice(1, None), slice(0, 15), slice(None)])
def test_nothing_behind_the_last_row_is_read(units: int, columns: slice) -> None:
    import ctypes

    libc = ctypes.CDLL(None)
    pages = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    a = np.frombuffer(pages, np.float32, 64 * 16, mmap.PAGESIZE - 64 * 16 * 4).reshape(64, 16)
    a[...] = RNG.random((64, 16))
    assert libc.mprotect(ctypes.c_void_p(address + mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
    x, y = a[:, columns], np.tile(a[:, :1], units)
    results = []
    for data in (x, x.copy()):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.layers.Dense(units, input_shape=x.shape[1:])])
        model.compile("sgd", "mse")
        model.train_on_batch(data, y)
        model.fit(data, y, epochs=2, verbose=0)
        results.append([w.tobytes() for w in (*model.get_weights(), model.predict(data))])
    assert results[0] == results[1]


def test_losses_that_share_outputs_add_up_for_any_number_of_threads() -> None:
    """Values of different widths, each with two losses: the second adds to the first one's gradient."""

    def train(threads: int) -> list[bytes]:
        keras.utils.set_random_seed(3)
        keras.utils.set_num_threads(threads)
        x = keras.layers.Input((20,))
        narrow, wide = keras.layers.Dense(5)(x), keras.layers.Dense(600, activation="tanh")(x)
        model = keras.Model(x, [narrow, wide, narrow, wide])
        model.compile("sgd", ["mse", "mse", "mae", "mae"])
        rng = np.random.default_rng(1)
        targets = [rng.random((512, width)) for width in (5, 600, 5, 600)]
        for _ in range(20):
            model.train_on_batch(rng.random((512, 20)), targets)
        return [w.tobytes() for w in model.get_weights()]

    before = keras.utils.get_num_threads()
    try:
        expected = train(1)
        assert all(train(threads) == expected for threads in (2, 3, 4, 2, 3, 4))
    finally:
        keras.utils.set_num_threads(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_child_forked_while_a_plan_runs_can_run_it() -> None:
    model = keras.Sequential([keras.layers.Dense(50, activation="tanh", input_shape=(200,)), keras.layers.Dense(1)])
    x = RNG.random((2000, 200)).astype(np.float32)
    expected = model.predict(x)
    stop = threading.Event()

    def predict_on() -> None:
        while not stop.is_set():
            model.predict(x)

    thread = threading.Thread(target=predict_on)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                os._exit(0 if model.predict(x).tobytes() == expected.tobytes() else 1)
            for _ in range(1000):
                done, status = os.waitpid(child, os.WNOHANG)
                if done:
                    break
                time.sleep(0.01)
            else:
                os.kill(child, 9)
                os.waitpid(child, 0)
                pytest.fail("the child hangs")
            assert status == 0
    finally:
        stop.set()
        thread.join()


def test_plans_without_dense_layers_see_the_clock() -> None:
    plan = Plan("float32")
    plan.output(plan.op("activation", [plan.input(1, 64)], (), "gelu"))
    plan.finish(256)
    plan.bind([])
    x = np.zeros((200_000, 64), np.float32)
    assert plan.predict(Data([x]), [np.empty_like(x)], 0, len(x), seconds=0.0) < len(x)


def test_weights_without_elements_are_no_weights() -> None:
    plan, weights = small_plan()
    plan.bind(weights)
    data = Data([RNG.random((20, 3))], [RNG.random((20, 2))], [np.empty((20, 0))])
    with pytest.raises(ValueError, match=r"Weights must have 1 elements a sample\. Received: 0"):
        plan.evaluate(data, 0, 20, 8, np.zeros((1, 2)))


def test_a_batch_whose_size_in_bytes_overflows_is_refused() -> None:
    plan = Plan("float32")
    plan.output(plan.op("activation", [plan.input(28, 28)], [], "relu"))
    with pytest.raises(MemoryError):
        plan.finish(2**62)


def test_a_weighted_metric_without_a_target_is_not_weighted() -> None:
    plan = Plan("float32")
    value = plan.input(1, 1)
    plan.target(1, 1)
    plan.metric("value", value, -1, True)
    plan.finish(8)
    plan.bind([])
    x, sums = RNG.random((20, 1)), np.zeros((1, 2))
    plan.evaluate(Data([x], [x], [x]), 0, 20, 8, sums)
    np.testing.assert_allclose(sums, [[x.sum(), 20]], rtol=1e-6)


def test_an_op_reads_any_number_of_values() -> None:
    plan = Plan("float64")
    plan.output(plan.op("concatenate", 70 * [plan.input(1, 3)]))
    plan.finish(8)
    plan.bind([])
    x, result = RNG.random((5, 3)), np.empty((5, 210))
    plan.predict(Data([x]), [result], 0, 5)
    np.testing.assert_array_equal(result, np.tile(x, 70))
