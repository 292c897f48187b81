"""Which instruction sets the build has, which run here, and FASTMLP_ISA."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator

import pytest

from fastmlp import _engine

SUPPORTED = [name for name in _engine.isa_names() if _engine.isa_supported(name)]


@pytest.fixture(autouse=True)
def _isa_stays() -> Iterator[None]:
    before = _engine.isa()
    yield
    _engine.select_isa(before)


def import_with(isa: str) -> subprocess.CompletedProcess[str]:
    """A process that imports the engine with FASTMLP_ISA set."""
    command = [sys.executable, "-c", "from fastmlp import _engine; print(_engine.isa())"]
    environment = os.environ | {"FASTMLP_ISA": isa}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_build_has_what_the_machine_can_have() -> None:
    expected = {"x86_64": ["avx512", "avx2", "baseline"], "aarch64": ["neon"]}
    assert _engine.isa_names() == expected.get(platform.machine(), ["baseline"])


def test_the_last_isa_runs_everywhere() -> None:
    assert _engine.isa_supported(_engine.isa_names()[-1])


def test_an_unknown_isa_is_not_supported() -> None:
    assert not _engine.isa_supported("altivec")
    assert not _engine.isa_supported("")


def test_none_selects_the_best() -> None:
    _engine.select_isa(None)
    assert _engine.isa() == SUPPORTED[0]


@pytest.mark.parametrize("isa", SUPPORTED)
def test_a_supported_isa_can_be_selected(isa: str) -> None:
    _engine.select_isa(isa)
    assert _engine.isa() == isa


@pytest.mark.parametrize("isa", ["altivec", "", "AVX2", *(set(_engine.isa_names()) - set(SUPPORTED))])
def test_an_isa_that_the_machine_lacks_is_refused(isa: str) -> None:
    before = _engine.isa()
    with pytest.raises(ValueError, match=f"{', '.join(SUPPORTED)}.* Received: .*'{isa}'"):
        _engine.select_isa(isa)
    assert _engine.isa() == before


@pytest.mark.parametrize("isa", SUPPORTED)
def test_the_environment_forces_an_isa(isa: str) -> None:
    assert import_with(isa).stdout.strip() == isa


def test_an_empty_environment_variable_selects_the_best() -> None:
    assert import_with("").stdout.strip() == SUPPORTED[0]


def test_the_environment_cannot_force_what_the_machine_lacks() -> None:
    process = import_with("altivec")
    assert process.returncode != 0
    message = process.stderr.strip().splitlines()[-1]
    assert message.startswith("ImportError: FASTMLP_ISA must be one")
    assert ", ".join(SUPPORTED) in message
    assert "altivec" in message


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("isa", _engine.isa_names())
def test_every_table_is_full(isa: str, dtype: str) -> None:
    assert all(_engine.kernels(isa, dtype).values())
