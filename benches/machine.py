"""What a comparison ran on, in one line: `python -m benches.machine`."""

import platform
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info  # type: ignore[import-untyped]

import fastmlp
from fastmlp import _engine


def processor() -> str:
    """Return the name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def blas() -> str:
    """Return the name and version of NumPy's BLAS, and which processor it takes this one for."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not pools:
        return "an unknown BLAS"
    return f"{pools[0]['internal_api']} {pools[0]['version']} ({pools[0].get('architecture', 'unknown')})"


def describe() -> str:
    """Return processor, instruction set, threads and versions."""
    return (
        f"{processor()}, {_engine.threads_available()} CPUs; fastmlp {fastmlp.__version__} ({_engine.isa()}, "
        f"{_engine.compiler()}); NumPy {np.__version__} with {blas()}; Python {platform.python_version()}"
    )


if __name__ == "__main__":
    print(describe())
