"""Finding, checking and fetching the files of a data set, with small files served from this machine."""

import gzip
import hashlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from fastmlp.datasets import _idx
from fastmlp.datasets._images import IdxFile, ImageDataSet

ARRAYS = {
    "x_train": np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3),
    "y_train": np.array([3, 1, 4, 1, 5], dtype=np.uint8),
    "x_test": np.arange(100, 100 + 2 * 4 * 3, dtype=np.uint8).reshape(2, 4, 3),
    "y_test": np.array([9, 2], dtype=np.uint8),
}
NAMES = {key: f"{key}-ubyte.gz" for key in ARRAYS}
IDX = {key: _idx.header(array.shape) + array.tobytes() for key, array in ARRAYS.items()}


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """The publisher's folder with the four files."""
    folder = tmp_path / "published"
    write_files(folder)
    return folder


@pytest.fixture
def url(published: Path) -> Iterator[str]:
    handler = partial(QuietHandler, directory=published)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data set's folder in FASTMLP_HOME; not there yet."""
    monkeypatch.setenv("FASTMLP_HOME", str(tmp_path / "fastmlp"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "fastmlp" / "datasets" / "tiny"


@pytest.fixture
def keras_datasets(tmp_path: Path) -> Path:
    folder = tmp_path / "keras" / "datasets"
    folder.mkdir(parents=True)
    return folder


def write_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    for key, content in IDX.items():
        (folder / NAMES[key]).write_bytes(gzip.compress(content))


def tiny(*urls: str) -> ImageDataSet:
    files = [IdxFile(NAMES[key], ARRAYS[key].shape, hashlib.sha256(IDX[key]).hexdigest(), key) for key in ARRAYS]
    return ImageDataSet("Tiny", "tiny", urls, (files[0], files[1], files[2], files[3]))


def check(loaded: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]) -> None:
    for array, expected in zip((*loaded[0], *loaded[1]), ARRAYS.values(), strict=True):
        assert array.dtype == np.uint8
        assert array.flags.writeable
        np.testing.assert_array_equal(array, expected)


def test_files_are_downloaded_once(url: str, published: Path, home: Path) -> None:
    check(tiny(url).load())
    assert sorted(path.name for path in home.iterdir()) == sorted(NAMES.values())
    for path in published.iterdir():
        path.unlink()
    check(tiny(url).load())


def test_the_next_address_is_tried(url: str, home: Path) -> None:
    check(tiny(f"{url}/nowhere", url).load())


@pytest.mark.parametrize("place", ["home", "keras"])
def test_files_on_this_machine_are_found(place: str, home: Path, keras_datasets: Path) -> None:
    write_files(home if place == "home" else keras_datasets / "tiny")
    check(tiny().load())


def test_keras_single_file_is_found(home: Path, keras_datasets: Path) -> None:
    np.savez(keras_datasets / "tiny.npz", **ARRAYS)
    check(tiny().load())


def test_recompressed_files_are_accepted(home: Path) -> None:
    write_files(home)
    (home / NAMES["x_train"]).write_bytes(gzip.compress(IDX["x_train"], compresslevel=1, mtime=12345))
    check(tiny().load())


def test_without_a_network_the_error_names_folder_and_files(home: Path) -> None:
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        tiny("http://127.0.0.1:9/closed").load()
    assert str(home) in str(caught.value)
    assert all(name in str(caught.value) for name in NAMES.values())
    assert not list(home.iterdir())


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    match how:
        case "truncated":
            path.write_bytes(content[:-9])
        case "empty":
            path.write_bytes(b"")
        case "flipped bit":
            middle = len(content) // 2
            path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        case "other content":
            path.write_bytes(gzip.compress(IDX["x_train"][:-1] + b"!"))
        case "short":
            path.write_bytes(gzip.compress(IDX["x_train"][:-1]))
        case "huge":
            path.write_bytes(gzip.compress(bytes(10_000_000)))
        case "not gzip":
            path.write_bytes(IDX["x_train"])
        case "array":
            with path.open("wb") as stream:
                np.save(stream, ARRAYS["x_train"])


DAMAGES = ["truncated", "empty", "flipped bit", "other content", "short", "huge", "not gzip"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_file_is_refused_by_name(how: str, url: str, home: Path) -> None:
    write_files(home)
    damage(home / NAMES["x_train"], how)
    with pytest.raises(ValueError, match=NAMES["x_train"]) as caught:
        tiny(url).load()
    assert str(home) in str(caught.value)


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_download_leaves_nothing(how: str, url: str, published: Path, home: Path) -> None:
    damage(published / NAMES["x_train"], how)
    with pytest.raises(OSError, match=NAMES["x_train"]):
        tiny(url).load()
    assert not list(home.iterdir())


def test_a_download_that_never_ends_is_cut_off(url: str, published: Path, home: Path) -> None:
    (published / NAMES["x_train"]).write_bytes(bytes(1_000_000))
    with pytest.raises(OSError, match="at most 1100 bytes"):
        tiny(url).load()


@pytest.mark.parametrize(
    "changed",
    [
        {"x_train": ARRAYS["x_train"] + np.uint8(1)},
        {"x_train": ARRAYS["x_train"].astype(np.int64)},
        {"y_test": ARRAYS["y_test"][:1]},
        {"x_train": np.array([{}])},
    ],
    ids=["values", "dtype", "shape", "pickle"],
)
def test_a_damaged_single_file_is_refused_by_name(
    changed: dict[str, np.ndarray], home: Path, keras_datasets: Path
) -> None:
    np.savez(keras_datasets / "tiny.npz", **(ARRAYS | changed))
    with pytest.raises(ValueError, match=r"tiny\.npz"):
        tiny().load()


@pytest.mark.parametrize("how", ["truncated", "empty", "not gzip", "array"])
def test_a_single_file_that_is_no_archive_is_refused_by_name(how: str, home: Path, keras_datasets: Path) -> None:
    np.savez(keras_datasets / "tiny.npz", **ARRAYS)
    damage(keras_datasets / "tiny.npz", how)
    with pytest.raises(ValueError, match=r"tiny\.npz"):
        tiny().load()
