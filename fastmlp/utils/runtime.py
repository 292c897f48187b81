"""What the engine runs on: threads, the instruction set, the compiler that built it."""

import platform

import numpy as np

from fastmlp import _engine


def set_num_threads(n: int) -> None:
    """Set how many threads training and prediction may use; the results do not depend on it.

    Parameters
    ----------
    n : int
        At least 1. Nets too small to gain from more use one whatever `n` is.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"`n` must be a positive integer. Received: n={n!r}")
    _engine.set_num_threads(int(n))


def get_num_threads() -> int:
    """Return how many threads training and prediction may use."""
    return _engine.get_num_threads()


def show_config() -> None:
    """Print what fastmlp runs on: versions, instruction sets, threads, compiler."""
    from fastmlp import __version__

    available = [name for name in _engine.isa_names() if _engine.isa_supported(name)]
    openmp = "OpenMP" if _engine.has_openmp() else "built without OpenMP"
    rows = {
        "fastmlp": __version__,
        "instruction set": f"{_engine.isa()} (available: {', '.join(available)})",
        "threads": f"{_engine.get_num_threads()} of {_engine.threads_available()} ({openmp})",
        "compiler": _engine.compiler(),
        "numpy": np.__version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
    }
    for name, value in rows.items():
        print(f"{name:16} {value}")
