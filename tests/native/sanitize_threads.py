"""No data races in the team: `checksums.c` under ThreadSanitizer, which makes any race it sees an error.

Not part of `make test`; `make sanitize` runs it.
"""

from pathlib import Path

from native.checksums import compile_checksums, run

from fastmlp import _engine


def test_any_number_of_threads_gives_the_same_bits_without_a_race(tmp_path: Path) -> None:
    isa = _engine.isa()
    program = compile_checksums("gcc", isa, ["-fsanitize=thread", "-g", "-O1", "-pthread"], tmp_path)
    expected = run(program, isa, 1)
    for threads in (2, 3, 4):
        assert run(program, isa, threads) == expected
