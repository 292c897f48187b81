"""NEON gives the bits of AVX2: `checksums.c`, cross-compiled without OpenMP and emulated, against its build here."""

import platform
import runpy
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src_c"
CROSS_COMPILER = "aarch64-linux-gnu-gcc"
EMULATOR = "qemu-aarch64"

needs_tools = pytest.mark.skipif(
    platform.machine() != "x86_64" or not all(map(shutil.which, (CROSS_COMPILER, EMULATOR, "gcc"))),
    reason=f"needs an x86-64 machine with gcc, {CROSS_COMPILER} and {EMULATOR}",
)


def compile_checksums(compiler: str, isa: str, extra_flags: list[str], folder: Path) -> Path:
    """The program checksums with the kernels of one ISA."""
    build = runpy.run_path(str(ROOT / "setup.py"))
    row = build[isa.upper()]
    command = [compiler, *build["ENGINE_FLAGS"], *build["WARNING_FLAGS"], *extra_flags]
    objects = []
    for bits in ("32", "64"):
        objects.append(folder / f"kernels_{isa}_{bits}.o")
        kernels = [*row.flags, f"-DFM_ISA={isa}", f"-DFM_REAL_BITS={bits}", "-c", SOURCES / "kernels.c"]
        subprocess.run([*command, *kernels, "-o", objects[-1]], check=True)
    rest = [source for source in SOURCES.glob("*.c") if source.name != "kernels.c"]
    program = folder / f"checksums_{isa}"
    main = [f"-D{row.have_macro}", f"-I{SOURCES}", Path(__file__).with_name("checksums.c")]
    subprocess.run([*command, *main, *rest, *objects, "-lm", "-o", program], check=True)
    return program


def run(*command: object) -> list[str]:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout.splitlines()


@needs_tools
def test_neon_and_avx2_give_the_same_bits(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        here = pool.submit(compile_checksums, "gcc", "avx2", ["-fopenmp"], tmp_path)
        there = pool.submit(compile_checksums, CROSS_COMPILER, "neon", ["-static"], tmp_path)
    expected = run(here.result(), "avx2", 2)
    assert len(expected) > 50
    assert run(EMULATOR, there.result(), "neon", 1) == expected
