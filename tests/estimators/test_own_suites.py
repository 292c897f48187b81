"""scikit-learn's own tests of its MLPs and its Perceptron, with fastmlp's classes in their place."""

import ast
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytest.importorskip("sklearn")

# The tests in scikit-learn's wheel, and the import that is replaced.
SUITES = {
    "neural_network/tests/test_mlp.py": "from sklearn.neural_network import MLPClassifier, MLPRegressor",
    "linear_model/tests/test_perceptron.py": "from sklearn.linear_model import Perceptron",
}
# Tests that must fail, and why. (test_stochastic_optimizers.py and test_base.py try modules that fastmlp doesn't have.)
EXCEPTIONS: dict[str, str] = {}

CONFTEST = """
import pytest

@pytest.fixture
def global_random_seed():
    return 42
"""


def _source(suite: str) -> str:
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / suite
    if not path.is_file():
        pytest.skip(f"scikit-learn came without {suite}", allow_module_level=True)
    return path.read_text(encoding="utf-8")


@cache
def _failures(suite: str, folder: Path) -> dict[str, list[str]]:
    """Run `suite` in a process of its own; return the failures' texts for each of its functions."""
    source, theirs = _source(suite), SUITES[suite]
    assert source.count(theirs) == 1
    ours = f"from fastmlp import {theirs.partition(' import ')[2]}"
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    file = folder / Path(suite).name
    file.write_text(source.replace(theirs, ours), encoding="utf-8")
    report = file.with_suffix(".xml")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", file.name]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not report.is_file():
        raise RuntimeError(run.stdout + run.stderr)
    failures: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        texts = [f"{case.get('name')}: {bad.text}" for kind in ("failure", "error") for bad in case.findall(kind)]
        failures.setdefault(str(case.get("name")).partition("[")[0], []).extend(texts)
    return failures


def _cases() -> list[Any]:
    return [
        pytest.param(
            suite,
            node.name,
            id=node.name,
            marks=[pytest.mark.xfail(strict=True, reason=EXCEPTIONS[node.name])] if node.name in EXCEPTIONS else [],
        )
        for suite in SUITES
        for node in ast.parse(_source(suite)).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("suites")


@pytest.mark.parametrize(("suite", "name"), _cases())
def test_of_scikit_learn(suite: str, name: str, folder: Path) -> None:
    failures = _failures(suite, folder)
    assert name in failures, "not run"
    assert not failures[name], "\n".join(failures[name])


def test_exceptions_are_tests() -> None:
    assert EXCEPTIONS.keys() <= {case.values[1] for case in _cases()}
