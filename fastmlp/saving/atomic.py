"""Files that are there whole or not at all: written beside, synced, renamed."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` once the block has ended well.

    After an error, a full disk say, or if the process dies at whatever moment, what was at `path` is there as before.
    A link at `path` stays one, and its target is replaced; a file keeps its permissions.

    Raises
    ------
    OSError
        If the file cannot be written; the message names it.
    """
    target = path.resolve()
    beside = target.with_name(f".{target.name[:64]}.{secrets.token_hex(6)}.tmp")
    try:
        try:
            with beside.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                beside.chmod(target.stat().st_mode & 0o7777)
            beside.replace(target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise OSError(error.errno, f"'{path}' could not be written: {error.strerror or error}") from error


def _sync_folder(folder: Path) -> None:
    """Make the renaming last through a power failure, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
