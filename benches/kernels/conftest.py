"""The fixture of the kernels' suites."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.kernels.timing import KernelBenchmark


@pytest.fixture
def kernel(benchmark: BenchmarkFixture, isa: str, dtype: str) -> KernelBenchmark:
    """Return what times a kernel of this instruction set and dtype."""
    return KernelBenchmark(benchmark, isa, dtype)
