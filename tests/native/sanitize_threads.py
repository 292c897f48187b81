"""No data races in the team: `checksums.c` under ThreadSanitizer, which makes any race it sees an error.

Not part of `make test`; `make sanitize` runs it.
"""

from pathlib import Path

from native.checksums import compile_checksums, run

from fastmlp import _engine


def test_any_number_of_threads_gives_the_same_bits_without_a_race(tmp_path: Path) -> None:
    # AVX-512 has the same threads, and compiles longer.
    isa = "avx2" if _engine.isa_supported("avx2") else _engine.isa()
    flags = ["-fsanitize=thread", "-g1", "-O1", "-pthread"]
    program = compile_checksums("gcc", isa, flags, tmp_path, [Path(__file__).with_name("pace.c")])
    assert run(program, isa, 3) == run(program, isa, 1)
