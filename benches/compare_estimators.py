"""fastmlp's estimators against scikit-learn's: `python -m benches.compare_estimators`.

The two take turns, each time in a fresh process; quoted are medians, and medians of the ratios of neighbours in time.
The FMA peak, in the dtype of the arithmetic, is measured in fastmlp's own processes. In each round both must arrive at
the same loss, score or class.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from datetime import date
from statistics import median

from benches.jobs import output_of
from benches.measurement import Measurement
from benches.workloads.estimators import MODULES, TASKS, THREADS, Task

REPEATS = 5

Round = dict[str, Measurement]


def measured(name: str, quick: bool, *, turned: bool) -> Round:
    """Return one round of a task."""
    found, answers = {}, {}
    for module in reversed(MODULES) if turned else MODULES:
        flags = ["--quick"] if quick else []
        printed = output_of("benches.workloads.estimators", name, module, *flags, threads=THREADS)
        measurement, answers[module] = json.loads(printed)
        found[module] = Measurement(*measurement)
    if not math.isclose(*answers.values(), rel_tol=TASKS[name].tolerance):
        raise AssertionError(f"The answers to {name} differ: {answers}")
    return found


def line(task: Task, rounds: Sequence[Round]) -> str:
    """Return a task's row of the table."""
    ours, theirs = (median(each[module].value for each in rounds) for module in MODULES)
    ratio = median(each["scikit-learn"].value / each["fastmlp"].value for each in rounds)
    shares = [share for each in rounds if (share := each["fastmlp"].share) is not None]
    of_peak = f"{median(shares):.0%}" if shares else ""
    goal = f"≤ {text(task.goal)}" if task.limit else f"≥ {task.goal:g}"
    return f"| {task.label} | {text(ours)} | {text(theirs)} | {ratio:.3g} | {goal} | {of_peak} |"


def text(seconds: float) -> str:
    """Return a time with its unit."""
    size, unit = next((unit for unit in ((1, "s"), (1e-3, "ms")) if seconds >= unit[0]), (1e-6, "µs"))
    return f"{seconds / size:.3g} {unit}"


def main() -> None:
    """Do what the command line says."""
    options = argparse.ArgumentParser(
        prog="python -m benches.compare_estimators",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--quick", action="store_true", help="fewer rows and epochs: to see that it works")
    options.add_argument("--repeats", type=int, default=REPEATS, help=f"rounds (default: {REPEATS})")
    options.add_argument(
        "--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="NAME", help=f"of: {', '.join(TASKS)}"
    )
    given = options.parse_args()
    rounds: dict[str, list[Round]] = {name: [] for name in given.tasks}
    for number in range(given.repeats):
        for name in given.tasks:
            rounds[name].append(measured(name, given.quick, turned=number % 2 == 1))
            print(f"{number + 1}/{given.repeats}  {name}: {rounds[name][-1]}", file=sys.stderr)
    print(f"{date.today()}: {output_of('benches.machine', threads=THREADS)}")
    print("| | fastmlp | scikit-learn | scikit-learn / fastmlp | goal | share of the FMA peak |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in given.tasks:
        print(line(TASKS[name], rounds[name]))


if __name__ == "__main__":
    main()
