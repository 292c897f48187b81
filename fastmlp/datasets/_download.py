"""Fetching a file over HTTP: with a progress bar, checked, and whole or not at all."""

import contextlib
import os
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import IO

from tqdm.auto import tqdm

TIMEOUT = 30.0  # seconds without an answer or a byte
CHUNK = 1 << 16  # bytes


def download(urls: Sequence[str], path: Path, limit: int, check: Callable[[IO[bytes], str], object]) -> None:
    """Fetch a file from the first address that serves it.

    Parameters
    ----------
    urls : sequence of str
        Addresses of the file, tried in this order.
    path : Path
        Where it goes; its folder is made.
    limit : int
        The most bytes that it may have.
    check : callable
        Called with the file, open at its beginning, and its address; raises ValueError if it is not the file wanted.

    Raises
    ------
    OSError
        If no address serves the file; says for each why not. Nothing is left at `path` then.
    """
    failures = []
    for url in urls:
        try:
            with _beside(path) as stream:
                _fetch(url, stream, limit)
                stream.seek(0)
                check(stream, url)
            return
        except (OSError, HTTPException, ValueError) as error:
            failures.append(f"{url}: {error}")
    raise OSError("; ".join(failures))


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file in the path's folder that takes the path's place when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            Path(stream.name).replace(path)
        except BaseException:
            Path(stream.name).unlink()
            raise


def _fetch(url: str, stream: IO[bytes], limit: int) -> None:
    """Copy what a URL serves to a stream, under a progress bar."""
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        length = answer.headers.get("Content-Length")
        total = int(length) if length else None
        with tqdm(total=total, desc=url.rpartition("/")[2], unit="B", unit_scale=True) as bar:
            while chunk := answer.read(CHUNK):
                stream.write(chunk)
                bar.update(len(chunk))
                if stream.tell() > limit:
                    raise ValueError(f"the file must have at most {limit} bytes. Received: more")
