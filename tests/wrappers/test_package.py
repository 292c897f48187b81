"""The package comes when it is asked for."""

import subprocess
import sys

import pytest

pytest.importorskip("sklearn")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_it_is_found_right_after_the_import_of_fastmlp() -> None:
    code = "import fastmlp as keras; print(keras.wrappers.scikit_learn.KerasRegressor.__name__)"
    assert run(code) == "KerasRegressor"


def test_what_to_install_where_scikit_learn_is_missing() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import fastmlp
try:
    fastmlp.wrappers
except ImportError as error:
    print(error)
"""
    assert run(code) == "fastmlp.wrappers needs scikit-learn: pip install 'fastmlp[sklearn]'"
