"""What one process measures, on a machine that drifts: times, each beside the FMA peak of that moment, and memory."""

import resource
import sys
import timeit
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

SAMPLES = 5
PEAK_SECONDS = 0.05


class Measurement(NamedTuple):
    """What was measured.

    Attributes
    ----------
    value : float
        Seconds or bytes.
    share : float or None
        Of the FMA peak, where one was asked for.
    peak : float or None
        That peak in FLOP/s.
    """

    value: float
    share: float | None = None
    peak: float | None = None


def timed(call: Callable[[], object], seconds: float) -> Measurement:
    """Return the median time of a call, from samples of as many calls as take `seconds`; the first call is not used."""
    timer, calls = prepared(call, seconds)
    return Measurement(median(timer.timeit(calls) / calls for _ in range(SAMPLES)))


def timed_against_peak(call: Callable[[], object], seconds: float, flops: float, threads: int) -> Measurement:
    """Return the same, and the median share of the FMA peak at which a call does its operations."""
    from fastmlp import _engine

    timer, calls = prepared(call, seconds)
    samples = [(_engine.peak(PEAK_SECONDS, threads, "float32"), timer.timeit(calls) / calls) for _ in range(SAMPLES)]
    peaks, times = zip(*samples, strict=True)
    return Measurement(median(times), median(flops / taken / peak for peak, taken in samples), median(peaks))


def prepared(call: Callable[[], object], seconds: float) -> tuple[timeit.Timer, int]:
    """Return a timer of a call that has been made before, and how many calls take so many seconds."""
    timer = timeit.Timer(call)
    timer.timeit(1)
    calls = 1
    while (taken := timer.timeit(calls)) < seconds:
        calls = max(2 * calls, int(calls * seconds / max(taken, 1e-6)))
    return timer, calls


def peak_memory() -> Measurement:
    """Return the most bytes of memory that this process has occupied."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what the process that started this one occupied
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return Measurement(int(line.split()[1]) * 1024)
    return Measurement(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
