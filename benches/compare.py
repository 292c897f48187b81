"""fastmlp against NumPy with OpenBLAS, as fairly as a machine shared with others allows: `python -m benches.compare`.

The contestants take turns, each time in a fresh process; quoted are medians, and medians of the ratios of neighbours in
time. What the machine could do at all, the FMA peak, is measured in fastmlp's own processes, between its samples.
Before anything is timed, the contestants must agree on losses, weights and predictions after a few steps.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import median

from benches.competitors.contestant import CONTESTANTS, check_agreement
from benches.jobs import JOBS, measure, output_of
from benches.measurement import Measurement

REPEATS = 5
UNITS = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "µs")), "B": ((1e6, "MB"),)}


class Row:
    """A job's measurements, one of each contestant in each round.

    Parameters
    ----------
    name : str
        The job's.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.job = JOBS[name]
        self.rounds: list[dict[str, Measurement]] = []

    def median(self, contestant: str) -> float:
        """Return the median of a contestant's values."""
        return median(each[contestant].value for each in self.rounds)

    def text(self, contestant: str) -> str:
        """Return the same with its unit."""
        value = self.median(contestant)
        size, unit = next((unit for unit in UNITS[self.job.unit] if value >= unit[0]), UNITS[self.job.unit][-1])
        return f"{value / size:#.3g}".rstrip(".") + f" {unit}"

    @property
    def ratio(self) -> float:
        """The median of how many times fastmlp's value NumPy's is."""
        return median(each["numpy"].value / each["fastmlp"].value for each in self.rounds)

    @property
    def share(self) -> float | None:
        """The median share of the FMA peak that fastmlp reaches."""
        shares = [each["fastmlp"].share for each in self.rounds]
        return median(share for share in shares if share is not None) if None not in shares else None

    @property
    def peak(self) -> float:
        """The median FMA peak, FLOP/s."""
        return median(each["fastmlp"].peak or 0 for each in self.rounds)


def compare(names: Sequence[str], repeats: int, quick: bool) -> list[Row]:
    """Measure all contestants in turn, round after round, after a check that they do the same."""
    rows = [Row(name) for name in names]
    for workload in dict.fromkeys(row.job.workload for row in rows):
        check_agreement(workload)
    for number in range(repeats):
        order = list(CONTESTANTS)[:: -1 if number % 2 else 1]
        for row in rows:
            row.rounds.append({contestant: measure(row.name, contestant, quick) for contestant in order})
            print(f"{number + 1}/{repeats}  {row.job.label}: {row.rounds[-1]}", file=sys.stderr)
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = ["| | fastmlp | NumPy | NumPy / fastmlp | share of the FMA peak |", "|---|---:|---:|---:|---:|"]
    for row in rows:
        share = "" if row.share is None else f"{row.share:.0%}"
        lines.append(f"| {row.job.label} | {row.text('fastmlp')} | {row.text('numpy')} | {row.ratio:.3g} | {share} |")
    return "\n".join(lines)


def scaling(rows: Sequence[Row]) -> str:
    """Return what two threads gain over one, where both were measured; rounds are compared with themselves."""
    by_name = {row.name: row for row in rows}
    if not {"fashion-sgd-32", "one-thread"} <= by_name.keys():
        return ""
    two, one = by_name["fashion-sgd-32"], by_name["one-thread"]
    gains = {
        contestant: median(
            after[contestant].value / before[contestant].value
            for before, after in zip(two.rounds, one.rounds, strict=True)
        )
        for contestant in CONTESTANTS
    }
    return (
        f"Two threads are {gains['fastmlp']:.2f} times as fast as one with fastmlp, {gains['numpy']:.2f} with NumPy; "
        f"the FMA peak is {two.peak / one.peak:.2f} times as high ({one.peak / 1e9:.0f} GFLOP/s with one).\n"
    )


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    options = argparse.ArgumentParser(
        prog="python -m benches.compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--quick", action="store_true", help="a tenth of the rows, short samples: to see that it works"
    )
    options.add_argument("--repeats", type=int, default=REPEATS, help=f"rounds (default: {REPEATS})")
    options.add_argument(
        "--workloads", nargs="+", choices=JOBS, default=list(JOBS), metavar="NAME", help=f"of: {', '.join(JOBS)}"
    )
    options.add_argument("--chart", type=Path, help="draw the ratios into this .svg or .png")
    return options


def main() -> None:
    """Do what the command line says."""
    options = parser().parse_args()
    rows = compare(options.workloads, options.repeats, options.quick)
    print(f"{date.today()}: {output_of('benches.machine', threads=2)}")
    print(f"{table(rows)}\n\n{scaling(rows)}")
    if options.chart:
        from benches.chart import draw

        draw(rows, options.chart)


if __name__ == "__main__":
    main()
