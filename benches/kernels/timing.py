"""How a kernel is timed: alone, on one thread, after it has agreed with its twin in `tests/reference.py`."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from kernels.bindings import DTYPES, ISAS, PROTOTYPES, Argument, Padded, pointer
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from fastmlp import _engine

TOLERANCE = {"float32": 1e-5, "float64": 1e-13}  # of the largest element
PEAK_SAMPLES, PEAK_ROUNDS = 5, 1 << 18
MAX_SECONDS = 0.2  # for one benchmark: there are hundreds

every_isa_and_dtype = [
    pytest.mark.benchmark(max_time=MAX_SECONDS, min_time=1e-4),
    pytest.mark.parametrize("isa", ISAS),
    pytest.mark.parametrize("dtype", DTYPES),
]


class KernelBenchmark:
    """A kernel of one instruction set and dtype, to be checked and timed.

    Parameters
    ----------
    benchmark : BenchmarkFixture
        pytest-benchmark's.
    isa, dtype : str
        Which table of kernels.
    """

    def __init__(self, benchmark: BenchmarkFixture, isa: str, dtype: str) -> None:
        self.benchmark = benchmark
        self.isa = isa
        self.dtype = dtype

    def matrix(self, value: NDArray[Any]) -> Padded:
        """Return a matrix laid out as the engine does it: rows on cache lines, zeros between them."""
        value = np.atleast_2d(value)
        return Padded(value, self.dtype, _engine.leading_dimension(value.shape[1], self.dtype), padding=0)

    def products(self, name: str, *arguments: Argument, expected: Mapping[int, Any], flops: float) -> None:
        """Time a kernel that makes products; note GFLOP/s and the share of the FMA peak.

        Parameters
        ----------
        name : str
            Of the kernel.
        *arguments
            Of its call, matrices as Padded.
        expected : mapping of int to numpy.ndarray or list of them
            What arguments hold after one call.
        flops : float
            Additions and multiplications of a call.
        """
        self._check_and_time(name, arguments, expected, f"{name} {self.dtype}, {flops / 1e6:.3g} MFLOP")
        if self.benchmark.stats is not None:
            rate = flops / self.benchmark.stats.stats.median
            self.benchmark.extra_info["GFLOP/s"] = rate / 1e9
            self.benchmark.extra_info["of the FMA peak"] = rate / self._peak()

    def elements(self, name: str, *arguments: Argument, expected: Mapping[int, Any], elements: int) -> None:
        """Time a kernel that goes through `elements` elements; note ns an element."""
        self._check_and_time(name, arguments, expected, f"{name} {self.dtype}, {elements:,} elements")
        if self.benchmark.stats is not None:
            self.benchmark.extra_info["ns an element"] = self.benchmark.stats.stats.median * 1e9 / elements

    def _check_and_time(
        self, name: str, arguments: tuple[Argument, ...], expected: Mapping[int, Any], group: str
    ) -> None:
        self.benchmark.group = group
        kernel = self._kernel(name)
        call = [pointer(argument) for argument in arguments]
        kernel(*call)
        for i, value in expected.items():
            argument = arguments[i]
            pairs = zip(argument, value, strict=True) if isinstance(argument, list) else [(argument, value)]
            for got, wanted in pairs:
                result: Any = got.value if isinstance(got, Padded) else got
                limit = TOLERANCE[self.dtype] * max(1.0, np.abs(wanted).max())
                np.testing.assert_allclose(result, np.reshape(wanted, np.shape(result)), rtol=0, atol=limit)
        self.benchmark(kernel, *call)

    def _kernel(self, name: str) -> Any:
        return PROTOTYPES[name](_engine.kernels(self.isa, self.dtype)[name])

    def _peak(self) -> float:
        """Return the FMA peak of one thread with this instruction set and dtype at this moment, FLOP/s."""
        peak = self._kernel("peak")
        rates: list[float] = []
        for _ in range(PEAK_SAMPLES):
            begin = time.perf_counter()
            flops = peak(PEAK_ROUNDS)
            rates.append(flops / (time.perf_counter() - begin))
        return max(rates)  # the others were disturbed
