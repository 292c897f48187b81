"""Training the image classifier of 784-300-100-10."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.competitors.contestant import CONTESTANTS
from benches.workloads.timing import time_epochs
from benches.workloads.workload import (
    FASHION_ADAM_32,
    FASHION_SGD_32,
    FASHION_SGD_128,
    FASHION_SGD_1024,
    Workload,
)


@pytest.mark.parametrize("name", CONTESTANTS)
@pytest.mark.parametrize("workload", [FASHION_SGD_32, FASHION_ADAM_32, FASHION_SGD_128, FASHION_SGD_1024], ids=str)
def bench_epoch(benchmark: BenchmarkFixture, workload: Workload, name: str) -> None:
    benchmark.group = str(workload)
    time_epochs(benchmark, workload, name)


@pytest.mark.benchmark(group=f"{FASHION_SGD_32}, by threads")
@pytest.mark.parametrize("threads", [1, 2])
def bench_threads(benchmark: BenchmarkFixture, threads: int) -> None:
    time_epochs(benchmark, FASHION_SGD_32, "fastmlp", threads=threads)
