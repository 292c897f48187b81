"""NEON gives the bits of AVX2: `checksums.c` cross-compiled, without OpenMP, and emulated, against its build here."""

import platform
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from native.checksums import compile_checksums, run

from fastmlp import _engine

CROSS_COMPILER = "aarch64-linux-gnu-gcc"
EMULATOR = "qemu-aarch64"


@pytest.mark.skipif(
    platform.machine() != "x86_64" or not _engine.isa_supported("avx2"), reason="needs a processor with AVX2"
)
@pytest.mark.skipif(
    not all(map(shutil.which, (CROSS_COMPILER, EMULATOR, "gcc"))),
    reason=f"needs gcc, {CROSS_COMPILER} and {EMULATOR}",
)
def test_neon_and_avx2_give_the_same_bits(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        here = pool.submit(compile_checksums, "gcc", "avx2", ["-fopenmp"], tmp_path)
        there = pool.submit(compile_checksums, CROSS_COMPILER, "neon", ["-static"], tmp_path)
    expected = run(here.result(), "avx2", 2)
    assert len(expected) > 50
    assert run(EMULATOR, there.result(), "neon", 1) == expected
