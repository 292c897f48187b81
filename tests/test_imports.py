"""Who may import whom: only downwards, and nothing heavy when the package is imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fastmlp

PACKAGE = Path(fastmlp.__file__).parent

# The rooms, lowest first. A module may import from its own floor and from those below.
FLOORS = [
    {"_engine"},
    {
        "config", "random", "_names", "_custom_objects", "_keras2", "_registry", "_structure",
        "variables", "_operators", "graph", "lowering", "ops",
    },
    {
        "activations", "initializers", "regularizers", "constraints", "losses", "metrics", "datasets",
        "utils", "backend", "_lookup", "_rows", "_targets",
    },
    {"layers", "callbacks", "optimizers"},
    {"models", "saving"},
    {"estimators", "wrappers", "plotting", "__main__"},
]  # fmt: skip
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Packages that only some rooms may import, and those that must be imported inside the function that needs them.
ONLY_IN = {"sklearn": {"estimators", "wrappers", "__main__"}, "h5py": {"saving"}}
INSIDE_FUNCTIONS = {"matplotlib", "pandas", "tensorboard", "sklearn"}
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    """Return the dotted names that a module imports, `from a import b` as a.b; not those for type checkers only."""
    tree = ast.parse((PACKAGE / path).read_text())
    hidden = {
        child
        for node in ast.walk(tree)
        if (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        or (top_level and isinstance(node, ast.FunctionDef))
        for child in ast.walk(node)
    }
    names = set()
    for node in ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_only_downwards(path: Path) -> None:
    if path == Path("__init__.py"):
        return
    floor = FLOOR[room_of(path)]
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("fastmlp.")} - {"__version__"}
    above = {room for room in rooms if FLOOR[room] > floor}
    assert not above, f"{path} is on floor {floor} and imports from above: {above}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_other_packages_stay_in_their_rooms(path: Path) -> None:
    for package, rooms in ONLY_IN.items():
        used = any(name.split(".")[0] == package for name in imports(path))
        assert not used or room_of(path) in rooms, f"{path} imports {package}"
    early = {name.split(".")[0] for name in imports(path, top_level=True)} & INSIDE_FUNCTIONS
    assert not early or room_of(path) in {"estimators", "wrappers"}, f"{path} imports {early} at once"


def test_every_room_has_its_floor() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__"} <= set(FLOOR)


def test_importing_the_package_imports_nothing_heavy() -> None:
    heavy = "tqdm matplotlib pandas sklearn scipy h5py tensorboard urllib.request ssl socket gzip"
    late = "fastmlp.datasets fastmlp.plotting fastmlp.estimators fastmlp.wrappers"
    code = f"import sys, fastmlp; print([name for name in {[*heavy.split(), *late.split()]} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PACKAGE.parent, check=True)
    assert run.stdout.strip() == "[]"


def test_public_names() -> None:
    for name in fastmlp.__all__:
        assert hasattr(fastmlp, name)
    rooms = "models layers losses metrics optimizers callbacks datasets initializers activations utils backend plotting"
    assert {*rooms.split(), "Model", "Sequential", "Input", "__version__"} <= set(fastmlp.__all__)
