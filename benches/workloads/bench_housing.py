"""Training a tiny regression, where the way to the arithmetic costs more than the arithmetic."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.competitors.contestant import CONTESTANTS
from benches.workloads.timing import time_epochs, time_one_batch
from benches.workloads.workload import HOUSING

LONG_FIT = 50  # epochs


@pytest.mark.benchmark(group=f"{HOUSING}, {LONG_FIT} epochs")
@pytest.mark.parametrize("name", CONTESTANTS)
def bench_long_fit(benchmark: BenchmarkFixture, name: str) -> None:
    time_epochs(benchmark, HOUSING, name, epochs=LONG_FIT)


@pytest.mark.benchmark(group=f"{HOUSING}, a fit of one batch")
@pytest.mark.parametrize("name", CONTESTANTS)
def bench_fit_of_one_batch(benchmark: BenchmarkFixture, name: str) -> None:
    time_one_batch(benchmark, HOUSING, name)
