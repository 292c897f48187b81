"""How many threads a run goes on with: `src_c/pace.c` on machines that are simulated, clock and all."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src_c" / "pace.c"
TICK = 0.001  # seconds between two looks at the clock

# Of threads that run for a tick: work done in a second, and the part of their time that they wait for one another.
Machine = Callable[[int], tuple[float, float]]


def quiet(threads: int) -> tuple[float, float]:
    return 0.95 * threads, 0.0


def busy(threads: int) -> tuple[float, float]:
    return (0.9, 0.0) if threads == 1 else (0.3, 0.8)


def uneven(threads: int) -> tuple[float, float]:
    """Nobody else is there, but one thread has much more to do than the other."""
    return (1.0, 0.0) if threads == 1 else (1.3, 0.7)


def crowded_above_four(threads: int) -> tuple[float, float]:
    return (float(threads), 0.0) if threads <= 4 else (2.0, 0.7)


@pytest.fixture(scope="module")
def pace(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    library = tmp_path_factory.mktemp("pace") / "pace.so"
    subprocess.run([compiler, "-std=c11", "-shared", "-fPIC", SOURCE, "-o", library], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.fm_pace_threads.restype = ctypes.c_size_t
    loaded.fm_pace_threads.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    loaded.fm_pace_note.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_double] * 3]
    return loaded


def simulate(pace: ctypes.CDLL, wanted: int, *periods: tuple[Machine, float]) -> list[list[int]]:
    """Return the number of threads in each tick of each period, given as a machine and seconds."""
    state = ctypes.create_string_buffer(256)
    threads = pace.fm_pace_threads(state, wanted)
    history: list[list[int]] = []
    for machine, seconds in periods:
        history.append([])
        for _ in range(round(seconds / TICK)):
            history[-1].append(threads)
            speed, waiting = machine(threads)
            changes = pace.fm_pace_note(state, threads, TICK, speed * TICK, waiting * (threads - 1) * TICK)
            now = pace.fm_pace_threads(state, wanted)
            assert changes or now == threads
            threads = now
    return history


@pytest.mark.parametrize("wanted", [1, 2, 8])
def test_on_a_quiet_machine_nothing_else_is_tried(pace: ctypes.CDLL, wanted: int) -> None:
    assert set(simulate(pace, wanted, (quiet, 5))[0]) == {wanted}


def test_one_thread_goes_on_while_others_want_the_cores(pace: ctypes.CDLL) -> None:
    before, during, after = simulate(pace, 2, (quiet, 1), (busy, 10), (quiet, 10))
    assert set(before) == {2}
    assert during.count(1) > 0.9 * len(during)
    assert after.count(2) > 0.8 * len(after)
    assert set(after[2000:]) == {2}


def test_a_short_disturbance_is_soon_forgotten(pace: ctypes.CDLL) -> None:
    _, _, after = simulate(pace, 2, (quiet, 1), (busy, 0.1), (quiet, 1))
    assert set(after[300:]) == {2}


def test_threads_that_wait_but_are_faster_together_stay(pace: ctypes.CDLL) -> None:
    (threads,) = simulate(pace, 2, (uneven, 10))
    assert threads.count(2) > 0.9 * len(threads)


def test_of_many_threads_as_many_go_on_as_are_fastest(pace: ctypes.CDLL) -> None:
    (threads,) = simulate(pace, 8, (crowded_above_four, 10))
    assert threads.count(4) > 0.9 * len(threads)
