import subprocess
import sys
from pathlib import Path

import pytest

from fastmlp.saving.atomic import replacing


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"first", b"second"):
        with replacing(path) as file:
            file.write(content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    with replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    with replacing(tmp_path / "file") as file:
        file.write(b"x")
    assert (tmp_path / "file").stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_after_an_error_all_is_as_before(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(error), replacing(path) as file:  # noqa: PT012 (the file is open when it happens)
        file.write(b"new")
        raise error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "inside"
    with pytest.raises(NotADirectoryError, match=f"'{path}' could not be written"), replacing(path):
        pass


def test_a_long_name(tmp_path: Path) -> None:
    with replacing(tmp_path / ("x" * 250)) as file:
        file.write(b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["x" * 250]


FULL = """
import resource, signal, sys
from pathlib import Path
import fastmlp

model = fastmlp.Sequential([fastmlp.layers.Dense(100, input_shape=(100,))])
path = Path(sys.argv[1])
model.save(path)
before = path.read_bytes()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # as a full disk, writing fails half-way
for save in (model.save, lambda path: model.save_weights(path.with_name("of.weights.h5"))):
    try:
        save(path)
    except OSError as error:
        assert "could not be written: File too large" in str(error), error
    else:
        sys.exit("nothing was raised")
assert path.read_bytes() == before
assert [each.name for each in path.parent.iterdir()] == [path.name]
fastmlp.models.load_model(path)
"""


@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_a_full_disk_leaves_the_old_model(tmp_path: Path, ending: str) -> None:
    subprocess.run([sys.executable, "-c", FULL, str(tmp_path / f"model{ending}")], check=True)
