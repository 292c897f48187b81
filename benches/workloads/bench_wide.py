"""Training a wide network, whose weights and Adam's slots fill more than the caches."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.competitors.contestant import CONTESTANTS
from benches.workloads.timing import time_epochs
from benches.workloads.workload import WIDE


@pytest.mark.benchmark(group=str(WIDE))
@pytest.mark.parametrize("name", CONTESTANTS)
def bench_epoch(benchmark: BenchmarkFixture, name: str) -> None:
    time_epochs(benchmark, WIDE, name)
