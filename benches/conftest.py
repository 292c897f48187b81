"""What the benchmarks have found, in the units that matter: a line a benchmark, under the name of its group."""

from typing import Any

import pytest

from benches.machine import describe


def pytest_configure(config: pytest.Config) -> None:
    """Leave the table to `pytest_terminal_summary`, and a benchmark untimed whose answer is wrong."""
    config.option.benchmark_quiet = True
    config.addinivalue_line("filterwarnings", "ignore:Benchmark fixture was not used")


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Say in the JSON file what the benchmarks ran on."""
    machine_info["fastmlp"] = describe()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print each benchmark's median and what it noted in its `extra_info`."""
    groups: dict[str, list[Any]] = {}
    for bench in config._benchmarksession.benchmarks:  # type: ignore[attr-defined]
        groups.setdefault(bench.group or bench.fullname, []).append(bench)
    for group, benches in groups.items():
        terminalreporter.section(group, sep="-")
        for bench in benches:
            label = bench.name.partition("[")[2].rstrip("]") or bench.name
            notes = "   ".join(f"{value:.3g} {unit}" for unit, value in bench.extra_info.items())
            terminalreporter.write_line(f"{label:44}{bench.stats.median * 1e6:14,.1f} µs   {notes}")
