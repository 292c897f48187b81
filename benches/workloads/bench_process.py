"""What a process pays: the time of an import, and the peak memory of training. Each round is a fresh process."""

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.competitors.contestant import CONTESTANTS
from benches.jobs import measure

ROUNDS = 3


@pytest.mark.benchmark(group="a process that imports")
@pytest.mark.parametrize("module", ["sys", *CONTESTANTS])
def bench_import(benchmark: BenchmarkFixture, module: str) -> None:
    command = [sys.executable, "-c", f"import {module}"]
    benchmark.pedantic(subprocess.run, (command,), {"check": True}, rounds=ROUNDS, warmup_rounds=1)  # type: ignore[no-untyped-call]


@pytest.mark.benchmark(group="a process that trains 784-300-100-10 for an epoch")
@pytest.mark.parametrize("name", CONTESTANTS)
def bench_memory(benchmark: BenchmarkFixture, name: str) -> None:
    occupied = benchmark.pedantic(measure, ("memory", name, False)).value  # type: ignore[no-untyped-call]
    assert occupied > 0
    benchmark.extra_info["MB at its peak"] = occupied / 1e6
