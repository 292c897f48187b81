"""The comparison as bars."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from benches.compare import Row

COLOR = "#2a6f97"
TIMES = "\N{MULTIPLICATION SIGN}"


def draw(rows: Sequence["Row"], path: Path) -> None:
    """Draw how many times as fast as NumPy fastmlp is, one bar a row, into an .svg or .png."""
    rows = [row for row in rows if row.job.unit == "s" and row.name != "import"]
    notes = [row.text("fastmlp") + (f", {row.share:.0%} of the FMA peak" if row.share else "") for row in rows]
    figure = Figure(figsize=(9, 0.4 * len(rows) + 1.2), layout="constrained")
    axes = figure.subplots()
    ratios = [row.ratio for row in rows]
    bars = axes.barh([row.job.label for row in rows], [ratio - 1 for ratio in ratios], left=1, color=COLOR)
    axes.bar_label(
        bars, [f"{ratio:.1f}{TIMES}  ({note})" for ratio, note in zip(ratios, notes, strict=True)], padding=4
    )
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda ratio, _: f"{ratio:g}{TIMES}")
    axes.set_xlim(min(1, *ratios) / 1.1, max(ratios) * 8)  # room for the labels
    axes.set_xlabel("times as fast as NumPy with OpenBLAS")
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "top", "right"]].set_visible(False)
    with mpl.rc_context({"svg.hashsalt": "fastmlp"}):  # the same drawing gives the same file
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
