"""The engine's law: the same bits for any number of threads, and on AVX2, AVX-512 and NEON alike.

Shapes are chosen so that threads get unequal parts or none at all, which is where a missing barrier would show.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import _engine

FMA_ISAS = [isa for isa in ("avx512", "avx2", "neon") if _engine.isa_supported(isa)]
THREADS = (1, 2, 3, 4)

# Layer sizes and batch size. Large batches, so that plans are worth several threads.
SHAPES = [
    ((784, 300, 100, 10), 32),
    ((17, 129, 1, 65, 3), 257),
    ((3, 513, 2, 31, 5), 511),
    ((64, 16, 16, 16, 16, 1), 1000),
    ((1, 1000, 1), 333),
    ((200, 47, 18, 20), 129),
]


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    threads, isa = _engine.get_num_threads(), _engine.isa()
    yield
    _engine.set_num_threads(threads)
    _engine.select_isa(isa)


def threads_of_a_process(**environment: str) -> int:
    command = [sys.executable, "-c", "from fastmlp import _engine; print(_engine.get_num_threads())"]
    unset = {key: value for key, value in os.environ.items() if key not in ("FASTMLP_NUM_THREADS", "OMP_NUM_THREADS")}
    process = subprocess.run(command, env=unset | environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(process.stdout)


@pytest.mark.parametrize("ours", ["", "3"])
@pytest.mark.parametrize(("openmp", "limit"), [("1", 1), ("1,4", 1), (" 1 ", 1), ("", 999), ("0", 999), ("many", 999)])
def test_the_environment_says_how_many_threads_a_process_uses(ours: str, openmp: str, limit: int) -> None:
    """OMP_NUM_THREADS only takes away from what the process may use; FASTMLP_NUM_THREADS counts before it."""
    expected = int(ours) if ours else min(limit, _engine.threads_available())
    assert threads_of_a_process(FASTMLP_NUM_THREADS=ours, OMP_NUM_THREADS=openmp) == expected


def test_workers_of_joblib_share_the_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    joblib = pytest.importorskip("joblib")
    for name in ("FASTMLP_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        assert joblib.Parallel(2)(joblib.delayed(_engine.get_num_threads)() for _ in range(2)) == [1, 1]


@pytest.mark.parametrize("threads", [0, 257, True, 1.0])
def test_a_run_refuses_what_is_no_number_of_threads(threads: Any) -> None:
    plan = _engine.Plan("float32")
    plan.output(plan.op("activation", [plan.input(1, 1)], (), "relu"))
    plan.finish(1)
    plan.bind([])
    x, y = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    with pytest.raises(ValueError, match=f"must be an integer from 1 to 256. Received: {threads!r}"):
        plan.predict(_engine.Data([x]), [y], 0, 1, threads=threads)
    plan.predict(_engine.Data([x]), [y], 0, 1, threads=256)
    assert y == 1


def train(
    sizes: tuple[int, ...], batch: int, optimizer: str, threads: int, isa: str, dtype: str = "float32"
) -> list[bytes]:
    """Return the bits of all weights after three epochs, and those of predictions and losses."""
    _engine.select_isa(isa)
    _engine.set_num_threads(threads)
    keras.utils.set_random_seed(42)
    layers = [keras.layers.Input(shape=(sizes[0],), dtype=dtype)]
    for i, (_, units) in enumerate(pairwise(sizes)):
        activation = ("relu", "tanh", "gelu")[i % 3] if i < len(sizes) - 2 else "softmax" if units > 1 else None
        layers.append(keras.layers.Dense(units, activation=activation, dtype=dtype))
        if i == 0:
            layers.append(keras.layers.Dropout(0.25, dtype=dtype))
    model = keras.Sequential(layers)
    loss = "sparse_categorical_crossentropy" if sizes[-1] > 1 else "mse"
    model.compile(loss=loss, optimizer=optimizer, metrics=["mae"] if sizes[-1] == 1 else ["accuracy"])
    rng = np.random.default_rng(7)
    rows = 2 * batch + batch // 2 + 1  # the last batch is smaller
    x = rng.standard_normal((rows, sizes[0]))
    y = rng.integers(0, sizes[-1], rows) if sizes[-1] > 1 else rng.standard_normal(rows)
    history = model.fit(x, y, batch_size=batch, epochs=3, verbose=0)
    return [w.tobytes() for w in model.get_weights()] + [model.predict(x).tobytes(), str(history.history).encode()]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(("sizes", "batch"), SHAPES)
def test_any_number_of_threads_gives_the_same_bits(sizes: tuple[int, ...], batch: int, optimizer: str) -> None:
    for isa in (isa for isa in _engine.isa_names() if _engine.isa_supported(isa)):
        expected = train(sizes, batch, optimizer, 1, isa)
        for threads in THREADS[1:]:
            assert train(sizes, batch, optimizer, threads, isa) == expected


@pytest.mark.skipif(len(FMA_ISAS) < 2, reason="needs a CPU with two ISAs that fuse multiply-adds")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("sizes", "batch"), SHAPES)
def test_isas_that_fuse_multiply_adds_give_the_same_bits(sizes: tuple[int, ...], batch: int, dtype: str) -> None:
    expected = train(sizes, batch, "adam", 2, FMA_ISAS[0], dtype)
    for isa in FMA_ISAS[1:]:
        assert train(sizes, batch, "adam", 2, isa, dtype) == expected


def test_a_prediction_does_not_depend_on_the_rows_beside_it() -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Dense(70, activation="tanh", input_shape=(50,)), keras.layers.Dense(3)])
    x = np.random.default_rng(0).standard_normal((1000, 50)).astype(np.float32)
    together = model.predict(x)
    for rows in (slice(0, 1), slice(1, 3), slice(5, 12), slice(100, 355)):
        assert model.predict(x[rows]).tobytes() == together[rows].tobytes()


def everything(inputs: int) -> keras.Model:
    """Return a model in which every family of ops takes part, of widths that threads share unevenly."""
    layers, ops = keras.layers, keras.ops
    x, category = keras.Input((inputs,)), keras.Input((1,))
    h = layers.BatchNormalization()(layers.Dense(67, kernel_regularizer="l1_l2")(x))
    h = layers.AlphaDropout(0.2)(layers.PReLU()(h))
    h = layers.LayerNormalization()(layers.Dense(131, activation="gelu", kernel_constraint="max_norm")(h))
    h = layers.GaussianNoise(0.1)(layers.GaussianDropout(0.1)(h))
    e = layers.Flatten()(layers.Embedding(11, 5)(category))
    h = layers.Concatenate()([h, e, layers.Softmax()(e)])
    left, right = layers.Dense(33, activity_regularizer="l2")(h), layers.Dense(33, activation="relu")(h)
    h = layers.Concatenate()([layers.Maximum()([left, right]), layers.Dot(axes=1, normalize=True)([left, right])])
    h = h - ops.mean(h, axis=-1, keepdims=True) + ops.sum(h) / (1e5 + ops.sum(ops.square(h)))
    return keras.Model([x, category], layers.Dense(3, activation="softmax")(h))


@pytest.mark.parametrize(
    "clipping", [{}, {"clipnorm": 0.1}, {"global_clipnorm": 0.5, "gradient_accumulation_steps": 2}]
)
def test_every_op_gives_the_same_bits_for_any_number_of_threads(clipping: dict[str, float]) -> None:
    def trained(threads: int, isa: str) -> list[bytes]:
        _engine.select_isa(isa)
        _engine.set_num_threads(threads)
        keras.utils.set_random_seed(5)
        model = everything(29)
        model.compile(keras.optimizers.Adam(0.01, **clipping), keras.losses.KLDivergence(), metrics=["mae"])
        rng = np.random.default_rng(7)
        x, category = rng.standard_normal((1001, 29)), rng.integers(0, 11, (1001, 1))
        y = rng.dirichlet(np.ones(3), 1001)
        history = model.fit([x, category], y, batch_size=383, epochs=2, verbose=0)
        return [w.tobytes() for w in model.get_weights()] + [str(history.history).encode()]

    for isa in (isa for isa in _engine.isa_names() if _engine.isa_supported(isa)):
        expected = trained(1, isa)
        for threads in THREADS[1:]:
            assert trained(threads, isa) == expected
    for isa in FMA_ISAS[1:]:
        assert trained(2, isa) == trained(2, FMA_ISAS[0])
