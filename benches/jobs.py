"""Everything that `compare.py` compares. A job measures one contestant, in a process of its own.

`python -m benches.jobs JOB CONTESTANT [--quick]` prints the result as JSON.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benches.competitors.contestant import CONTESTANTS, contestant
from benches.measurement import Measurement, peak_memory, timed, timed_against_peak
from benches.workloads.workload import (
    FASHION_ADAM_32,
    FASHION_SGD_32,
    FASHION_SGD_128,
    FASHION_SGD_1024,
    HOUSING,
    WIDE,
    Workload,
)

ROOT = Path(__file__).parents[1]
SAMPLE_SECONDS, QUICK_SAMPLE_SECONDS = 0.2, 0.01
QUICK_SHARE = 10  # of the rows is what a quick run takes
LONG_FIT = 50  # epochs
OPENBLAS_OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")

IMPORT = """
import time
begin = time.perf_counter()
import {}
print(time.perf_counter() - begin)
"""


@dataclass(frozen=True)
class Job:
    """One row of the comparison.

    Attributes
    ----------
    label : str
        For tables.
    measure : callable
        Given the job, a contestant's name and whether to be quick, returns what was measured.
    workload : Workload
        The network.
    amount : int
        Epochs of one call of `fit`, or rows of one prediction.
    unit : {"s", "B"}
        Of the measured value.
    threads : int
        How many a contestant may use.
    """

    label: str
    measure: Callable[["Job", str, bool], Measurement]
    workload: Workload
    amount: int = 1
    unit: Literal["s", "B"] = "s"
    threads: int = 2

    def time(self, call: Callable[[], object], flops: float | None, name: str, quick: bool) -> Measurement:
        """Time a call; for fastmlp against the peak, while of the others' processes fastmlp keeps out."""
        seconds = QUICK_SAMPLE_SECONDS if quick else SAMPLE_SECONDS
        if flops is None or name != "fastmlp":
            return timed(call, seconds)
        return timed_against_peak(call, seconds, flops, self.threads)


def epoch(job: Job, name: str, quick: bool) -> Measurement:
    """Return the time of one epoch of a fit of `amount` epochs."""
    rows = job.workload.rows // (QUICK_SHARE if quick else 1)
    x, y = job.workload.data(rows)
    network = contestant(name, job.workload)
    measurement = job.time(
        lambda: network.fit(x, y, job.amount), job.amount * rows * job.workload.training_flops, name, quick
    )
    return measurement._replace(value=measurement.value / job.amount)


def step(job: Job, name: str, quick: bool) -> Measurement:
    """Return the time of one step of such a fit."""
    rows = job.workload.rows // (QUICK_SHARE if quick else 1)
    measurement = epoch(job, name, quick)
    return measurement._replace(value=measurement.value / -(-rows // job.workload.batch_size))


def one_batch(job: Job, name: str, quick: bool) -> Measurement:
    """Return the time of a whole fit of one batch and one epoch."""
    x, y = job.workload.data(job.workload.batch_size)
    network = contestant(name, job.workload)
    return job.time(lambda: network.fit(x, y, 1), None, name, quick)


def prediction(job: Job, name: str, quick: bool) -> Measurement:
    """Return the time of a prediction of `amount` rows."""
    x, _ = job.workload.data(job.amount)
    network = contestant(name, job.workload)
    flops = job.amount * job.workload.prediction_flops if job.amount > 1 else None  # one row is bound by memory
    return job.time(lambda: network.predict(x), flops, name, quick)


def memory(job: Job, name: str, quick: bool) -> Measurement:
    """Return the peak memory of training for an epoch, the data in memory included."""
    x, y = job.workload.data(job.workload.rows // (QUICK_SHARE if quick else 1))
    contestant(name, job.workload).fit(x, y, 1)
    return peak_memory()


def import_time(job: Job, name: str, quick: bool) -> Measurement:
    """Return the time of an import in a fresh interpreter; fastmlp's includes NumPy's."""
    command = [sys.executable, "-c", IMPORT.format(name)]
    return Measurement(float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout))


JOBS = {
    "fashion-sgd-32": Job("Fashion-MNIST, SGD, batch 32: epoch", epoch, FASHION_SGD_32),
    "fashion-adam-32": Job("Fashion-MNIST, Adam, batch 32: epoch", epoch, FASHION_ADAM_32),
    "fashion-sgd-128": Job("Fashion-MNIST, SGD, batch 128: epoch", epoch, FASHION_SGD_128),
    "fashion-sgd-1024": Job("Fashion-MNIST, SGD, batch 1024: epoch", epoch, FASHION_SGD_1024),
    "one-thread": Job("Fashion-MNIST, SGD, batch 32, one thread: epoch", epoch, FASHION_SGD_32, threads=1),
    "wide": Job("784-3x1024-10, Adam, batch 256: epoch", epoch, WIDE),
    "housing": Job("California housing, SGD, batch 32: step", step, HOUSING, LONG_FIT),
    "one-batch": Job("California housing: `fit` of one batch", one_batch, HOUSING),
    "predict-1": Job("Fashion-MNIST: predict 1 row", prediction, FASHION_SGD_32, 1),
    "predict-32": Job("Fashion-MNIST: predict 32 rows", prediction, FASHION_SGD_32, 32),
    "predict-60000": Job("Fashion-MNIST: predict 60,000 rows", prediction, FASHION_SGD_32, 60_000),
    "import": Job("Import, NumPy's included", import_time, FASHION_SGD_32),
    "memory": Job("Fashion-MNIST, SGD, batch 32: peak memory", memory, FASHION_SGD_32, unit="B"),
}


def measure(name: str, contestant_name: str, quick: bool) -> Measurement:
    """Run a job in a fresh process."""
    flags = ["--quick"] if quick else []
    return Measurement(
        *json.loads(output_of("benches.jobs", name, contestant_name, *flags, threads=JOBS[name].threads))
    )


def output_of(module: str, *arguments: str, threads: int) -> str:
    """Return what a module prints that is run in a fresh process, in which OpenBLAS chooses its kernels by itself."""
    environment = {key: value for key, value in os.environ.items() if key not in OPENBLAS_OVERRIDES}
    environment |= dict.fromkeys(("FASTMLP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benches.jobs", description=__doc__)
    parser.add_argument("job", choices=JOBS)
    parser.add_argument("contestant", choices=CONTESTANTS)
    parser.add_argument("--quick", action="store_true", help="fewer rows, shorter samples")
    options = parser.parse_args()
    job = JOBS[options.job]
    print(json.dumps(job.measure(job, options.contestant, options.quick)))


if __name__ == "__main__":
    main()
