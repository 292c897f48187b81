"""How a workload is timed: through what users call, after all contestants have agreed on a few steps."""

from collections.abc import Callable
from functools import cache

from pytest_benchmark.fixture import BenchmarkFixture
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benches.competitors.contestant import check_agreement, contestant
from benches.workloads.workload import Workload
from fastmlp import _engine, utils

THREADS = 2
ROUNDS = 3
PEAK_SECONDS = 0.05

check_agreement_once = cache(check_agreement)


def time_epochs(
    benchmark: BenchmarkFixture, workload: Workload, name: str, *, epochs: int = 1, threads: int = THREADS
) -> None:
    """Time a fit of some epochs; note an epoch's seconds, a step's microseconds and the share of the FMA peak."""
    check_agreement_once(workload)
    network = contestant(name, workload)
    x, y = workload.data()
    flops = epochs * len(x) * workload.training_flops
    run(benchmark, lambda: network.fit(x, y, epochs), flops, threads, rounds=ROUNDS)
    if benchmark.stats is not None:
        seconds = benchmark.stats.stats.median / epochs
        benchmark.extra_info["s an epoch"] = seconds
        benchmark.extra_info["µs a step"] = 1e6 * seconds / -(-len(x) // workload.batch_size)


def time_prediction(benchmark: BenchmarkFixture, workload: Workload, name: str, rows: int) -> None:
    """Time the prediction of some rows; note the share of the FMA peak."""
    check_agreement_once(workload)
    network = contestant(name, workload)
    x, _ = workload.data(rows)
    run(benchmark, lambda: network.predict(x), rows * workload.prediction_flops, THREADS)


def time_one_batch(benchmark: BenchmarkFixture, workload: Workload, name: str) -> None:
    """Time a whole fit of one batch and one epoch."""
    check_agreement_once(workload)
    network = contestant(name, workload)
    x, y = workload.data(workload.batch_size)
    run(benchmark, lambda: network.fit(x, y, 1), None, THREADS)


def run(
    benchmark: BenchmarkFixture,
    call: Callable[[], object],
    flops: float | None,
    threads: int,
    rounds: int | None = None,
) -> None:
    """Time a call with so many threads for everybody: `rounds` times, or as often as pytest-benchmark thinks right."""
    before = utils.get_num_threads()
    utils.set_num_threads(threads)
    try:
        with threadpool_limits(threads, user_api="blas"):
            if rounds is None:
                benchmark(call)
            else:
                benchmark.pedantic(call, rounds=rounds, warmup_rounds=1)  # type: ignore[no-untyped-call]
        if flops is not None and benchmark.stats is not None:
            share = flops / benchmark.stats.stats.median / _engine.peak(PEAK_SECONDS, threads, "float32")
            benchmark.extra_info["of the FMA peak"] = share
    finally:
        utils.set_num_threads(before)
