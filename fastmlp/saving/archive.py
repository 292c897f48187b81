"""Zip archives from strangers: which members are read, and which archives are refused for one of them."""

import stat
import zipfile
from pathlib import Path, PurePosixPath

from fastmlp.saving.safe import ModelFileError, damage, signature

ZIP_SIGNATURE = b"PK\x03\x04"

# Deflate reaches 1032:1 with zeros, honest weights hardly 2:1. Small members may be what they like.
_MOST_INFLATED = 100
_SMALL_MEMBER = 2**24


def read_members(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Return members of a zip archive, all of whose members must be harmless.

    Raises
    ------
    ModelFileError
        If a member is missing, or one leads out of the archive, is there twice, a link, encrypted, compressed beyond
        measure, or damaged.
    """
    if signature(path)[: len(ZIP_SIGNATURE)] != ZIP_SIGNATURE:
        raise ModelFileError("it is no zip archive")
    with damage("the archive"), zipfile.ZipFile(path) as archive:
        found: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            _check_member(info, path.stat().st_size)
            if info.filename in found:
                raise ModelFileError(f"member {info.filename!r} is there twice")
            found[info.filename] = info
        for name in names:
            if name not in found:
                raise ModelFileError(f"it has no member {name!r}")
        return {name: archive.read(found[name]) for name in names}


def _check_member(info: zipfile.ZipInfo, archive_size: int) -> None:
    name = info.filename
    place = PurePosixPath(name)
    if (
        not name
        or place.is_absolute()
        or ".." in place.parts
        or "\\" in name
        or ":" in name
        or "\0" in info.orig_filename
    ):
        raise ModelFileError(f"member {name!r} leads out of the archive")
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ModelFileError(f"member {name!r} is a link or a device")
    if info.flag_bits & 0x1:
        raise ModelFileError(f"member {name!r} is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ModelFileError(f"member {name!r} is compressed by an unknown method")
    if info.compress_size > archive_size or info.header_offset > archive_size:
        raise ModelFileError(f"member {name!r} is longer than the archive")
    if info.file_size > max(_SMALL_MEMBER, _MOST_INFLATED * info.compress_size):
        raise ModelFileError(f"member {name!r} claims {info.file_size} bytes, made of {info.compress_size}")
