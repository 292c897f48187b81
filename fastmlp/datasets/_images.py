"""A labelled image data set in four gzipped IDX files: where it is looked for, how it is checked and fetched."""

import gzip
import hashlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from fastmlp.datasets import _idx

GZIP_OVERHEAD = 1024  # the most bytes that gzip adds to what does not compress

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class IdxFile:
    """One file of a data set.

    Parameters
    ----------
    name : str
        Its name, with the ending `.gz`.
    shape : tuple of int
        The shape of the array in it.
    sha256 : str
        Hexadecimal SHA-256 of its *decompressed* bytes: distributors compress them anew.
    key : str
        The array's name where Keras keeps the whole data set in one `.npz`.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str
    key: str


@dataclass(frozen=True)
class ImageDataSet:
    """A data set of images and labels, for training and for testing.

    Parameters
    ----------
    title : str
        What the errors call it.
    folder : str
        Name of its folder in every place where it may lie.
    urls : tuple of str
        Addresses of the folders its publisher serves the files from, tried in this order.
    files : tuple of IdxFile
        Training images, training labels, test images, test labels.
    """

    title: str
    folder: str
    urls: tuple[str, ...]
    files: tuple[IdxFile, IdxFile, IdxFile, IdxFile]

    def load(self) -> tuple[Pair, Pair]:
        """Return `(x_train, y_train), (x_test, y_test)`; see the modules that publish this."""
        x_train, y_train, x_test, y_test = self._from_npz() or [self._array(file) for file in self.files]
        return (x_train, y_train), (x_test, y_test)

    @property
    def home(self) -> Path:
        """The folder that downloads go to, and the first one that is looked into."""
        return Path(os.environ.get("FASTMLP_HOME", "~/.fastmlp")).expanduser() / "datasets" / self.folder

    def _places(self) -> list[Path]:
        return [self.home, _keras_datasets() / self.folder, Path("/usr/share/datasets") / self.folder]

    def _array(self, file: IdxFile) -> np.ndarray:
        path = next((place / file.name for place in self._places() if (place / file.name).is_file()), None)
        if path is None:
            path = self.home / file.name
            self._download(file, path)
        with path.open("rb") as stream:
            return _idx.parse(_checked(stream, file, str(path)), file.shape, str(path))

    def _from_npz(self) -> list[np.ndarray] | None:
        """Return the arrays of Keras' single file, or None where there is none or the files themselves are nearer."""
        path = _keras_datasets() / f"{self.folder}.npz"
        if not path.is_file() or all((self.home / file.name).is_file() for file in self.files):
            return None
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                arrays = [archive[file.key] for file in self.files]
        except (OSError, TypeError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path} must be {self.title} as Keras stores it. Received: {error}") from error
        for file, array in zip(self.files, arrays, strict=True):
            if array.dtype != np.uint8 or array.shape != file.shape:
                raise ValueError(
                    f"{file.key} in {path} must be uint8 of shape {file.shape}. "
                    f"Received: {array.dtype} of shape {array.shape}"
                )
            _check_digest(_idx.header(file.shape) + array.tobytes(), file, f"{file.key} in {path}")
        return arrays

    def _download(self, file: IdxFile, path: Path) -> None:
        from fastmlp.datasets._download import download

        urls = [f"{url}/{file.name}" for url in self.urls]
        try:
            download(urls, path, _idx.size(file.shape) + GZIP_OVERHEAD, lambda stream, url: _checked(stream, file, url))
        except OSError as error:
            names = ", ".join(each.name for each in self.files)
            raise OSError(
                f"{self.title} was not found on this machine and could not be downloaded ({error}). "
                f"Put these four files into {self.home}: {names}"
            ) from error


def _keras_datasets() -> Path:
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "datasets"


def _checked(stream: IO[bytes], file: IdxFile, name: str) -> bytes:
    """Return the decompressed bytes of a file after comparing their number and digest with what they must be."""
    size = _idx.size(file.shape)
    try:
        with gzip.open(stream) as archive:
            content = archive.read(size + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{name} must be a whole gzip file. Received: {error}") from error
    if len(content) != size:
        received = "more" if len(content) > size else f"{len(content)} bytes"
        raise ValueError(f"{name} must hold {size} bytes. Received: {received}")
    _check_digest(content, file, name)
    return content


def _check_digest(content: bytes, file: IdxFile, name: str) -> None:
    received = hashlib.sha256(content).hexdigest()
    if received != file.sha256:
        raise ValueError(
            f"{name} is not the published file: the SHA-256 of its content must be {file.sha256}. Received: {received}"
        )
