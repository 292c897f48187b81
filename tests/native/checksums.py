"""Builds `checksums.c` with the kernels of one ISA, outside of Python."""

import runpy
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src_c"


def compile_checksums(
    compiler: str, isa: str, flags: Sequence[str], folder: Path, substitutes: Sequence[Path] = ()
) -> Path:
    """Compile the program with setup.py's flags and some more; return its path.

    Each of the substitutes stands in for the engine's source of its name.
    """
    build = runpy.run_path(str(ROOT / "setup.py"))
    row = next(row for rows in build["ISAS"].values() for row in rows if row.name == isa)
    command = [compiler, *build["ENGINE_FLAGS"], *build["WARNING_FLAGS"], *flags]
    objects = {bits: folder / f"kernels_{isa}_{bits}.o" for bits in ("32", "64")}
    compilers = []
    for bits, target in objects.items():
        kernels = [*row.flags, f"-DFM_ISA={isa}", f"-DFM_REAL_BITS={bits}", "-c", SOURCES / "kernels.c"]
        compilers.append(subprocess.Popen([*command, *kernels, "-o", target]))
    assert [each.wait() for each in compilers] == [0, 0]
    names = {"kernels.c", *(source.name for source in substitutes)}
    rest = [*substitutes, *(source for source in SOURCES.rglob("*.c") if source.name not in names)]
    program = folder / f"checksums_{isa}"
    main = [f"-D{row.have_macro}", f"-I{SOURCES}", Path(__file__).with_suffix(".c")]
    subprocess.run([*command, *main, *rest, *objects.values(), "-lm", "-o", program], check=True)
    return program


def run(*command: object) -> list[str]:
    """Run a program; return the lines that it prints."""
    return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
