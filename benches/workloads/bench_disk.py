"""A pass over data on a disk, beside just reading the file. Each round begins with a file that is not in memory."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from fastmlp import Sequential, layers

ROWS, COLUMNS = 200_000, 784
BATCH_SIZE = 512
ROUNDS = 3


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("disk") / "rows"
    block = np.random.default_rng(0).random((1000, COLUMNS), dtype=np.float32)
    with path.open("wb") as file:
        for _ in range(ROWS // len(block)):
            block.tofile(file)
    return path


def forget(path: Path) -> None:
    """Let no page of a file stay in memory; those that somebody has mapped would."""
    gc.collect()
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


@pytest.mark.benchmark(group="a pass over 627 MB on a disk")
@pytest.mark.parametrize("way", ["read", "in order", "batches in a random order"])
def bench_disk(benchmark: BenchmarkFixture, path: Path, way: str) -> None:
    y = np.arange(ROWS, dtype=np.int32) % 10

    def train() -> None:
        x = np.memmap(path, np.float32, "r", shape=(ROWS, COLUMNS))
        model = Sequential([layers.Dense(10, activation="softmax", input_shape=[COLUMNS])])
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(x, y, BATCH_SIZE, epochs=1, verbose=0, shuffle=False if way == "in order" else "batch")

    call = (lambda: read(path)) if way == "read" else train
    benchmark.pedantic(call, setup=lambda: forget(path), rounds=ROUNDS)  # type: ignore[no-untyped-call]
    if benchmark.stats is not None:
        benchmark.extra_info["MB/s"] = path.stat().st_size / 1e6 / benchmark.stats.stats.median
