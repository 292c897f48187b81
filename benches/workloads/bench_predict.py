"""Predicting with the fashion net: few rows by `model(x)`, the quickest way, many by `model.predict(x)`."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.competitors.contestant import CONTESTANTS
from benches.workloads.timing import time_prediction
from benches.workloads.workload import FASHION_SGD_32


@pytest.mark.parametrize("name", CONTESTANTS)
@pytest.mark.parametrize("rows", [1, 32, 60_000])
def bench_rows(benchmark: BenchmarkFixture, rows: int, name: str) -> None:
    benchmark.group = f"784-300-100-10, predicting {rows:,} rows"
    time_prediction(benchmark, FASHION_SGD_32, name, rows)
