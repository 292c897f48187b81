"""Archives of strangers, refused for one harmful member, even if nobody reads that."""

import stat
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest
from saving.hostile import build, linked_out, refused, refused_as_weights

import fastmlp


def archive(path: Path, *extra: tuple[str | zipfile.ZipInfo, bytes], replace: dict[str, bytes] | None = None) -> None:
    """Write a model's archive with other members."""
    build().save(path)
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()} | (replace or {})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in (*members.items(), *extra):
            file.writestr(name, content)


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


def test_a_compressed_archive_is_read(tmp_path: Path) -> None:
    archive(tmp_path / "model.keras")
    fastmlp.models.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize(
    ("member", "content", "reason"),
    [
        ("../evil", b"x", "leads out of the archive"),
        ("a/../../evil", b"x", "leads out of the archive"),
        ("/etc/evil", b"x", "leads out of the archive"),
        ("C:evil", b"x", "leads out of the archive"),
        ("..\\evil", b"x", "leads out of the archive"),
        (link("evil"), b"/etc/passwd", "is a link"),
        ("config.json", b"{}", "is there twice"),
        ("bomb", bytes(2**25), "claims 33554432 bytes"),
    ],
)
def test_archive(tmp_path: Path, member: Any, content: bytes, reason: str) -> None:
    path = tmp_path / "model.keras"
    archive(path, (member, content))
    refused(path, reason)
    refused_as_weights(path, reason)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config.json", b"{", "JSON"),
        ("config.json", b"[]", "must hold a dict"),
        ("config.json", b"null", "must hold a dict"),
        ("model.weights.h5", b"", "no HDF5 file"),
        ("model.weights.h5", b"\x89HDF\r\n\x1a\n", "damaged"),
    ],
)
def test_members(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / "model.keras"
    archive(path, replace={name: content})
    refused(path, reason)


def test_linked_weights_in_an_archive(tmp_path: Path) -> None:
    weights = tmp_path / "of.weights.h5"
    build().save_weights(weights)
    with h5py.File(weights, "r+") as file:
        linked_out("layers/dense/vars/0")(file)
    refused_as_weights(weights, "link to somewhere else")
    archive(tmp_path / "model.keras", replace={"model.weights.h5": weights.read_bytes()})
    refused(tmp_path / "model.keras", "link to somewhere else")
