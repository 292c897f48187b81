"""Files of strangers: each is refused with one sentence that names it, and nothing else is read."""

import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from saving.hostile import File, build, linked_out, refused, refused_as_weights

import fastmlp
from fastmlp.saving.safe import ModelFileError

KERNEL = "model_weights/dense/dense/kernel:0"
SHAPE = (4, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    build().save(tmp_path / "model.h5")
    return tmp_path / "model.h5"


# Data sets


def replaced(make: Callable[[File, str], object]) -> Callable[[File], None]:
    """Return what puts something else into the place of the first kernel."""

    def change(file: File) -> None:
        del file[KERNEL]
        make(file, KERNEL)

    return change


def moved_behind(link: Callable[[str], object], path: str) -> Callable[[File], None]:
    """Return what moves a group and puts a link to it in its place."""

    def change(file: File) -> None:
        file.move(path, "elsewhere")
        file[path] = link("/elsewhere")

    return change


def external_storage(file: File, name: str) -> None:
    secret = Path(file.filename).with_name("secret")
    np.ones(SHAPE, np.float32).tofile(secret)
    file.create_dataset(name, SHAPE, "f4", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])


def virtual(file: File, name: str) -> None:
    with h5py.File(Path(file.filename).with_name("other.h5"), "w") as other:
        other["secret"] = np.ones(SHAPE, np.float32)
    layout = h5py.VirtualLayout(SHAPE, "f4")
    layout[...] = h5py.VirtualSource("other.h5", "secret", SHAPE)
    file.create_virtual_dataset(name, layout)


def attribute(path: str, name: str, value: Any) -> Callable[[File], None]:
    def change(file: File) -> None:
        file[path].attrs[name] = value

    return change


def gone(path: str, name: str) -> Callable[[File], None]:
    def change(file: File) -> None:
        del file[path].attrs[name]

    return change


ones = np.ones(SHAPE, np.float32)
DATASETS: dict[str, tuple[Callable[[File], None], str]] = {
    "soft link": (replaced(lambda f, n: f.update({n: h5py.SoftLink(f"/{n[:-8]}bias:0")})), "link to somewhere else"),
    "soft link in the middle": (moved_behind(h5py.SoftLink, "model_weights/dense/dense"), "link to somewhere else"),
    "soft link at the top": (moved_behind(h5py.SoftLink, "model_weights"), "link to somewhere else"),
    "external link": (linked_out(KERNEL), "link to somewhere else"),
    "external link in the middle": (linked_out("model_weights/dense"), "link to somewhere else"),
    "external link to all weights": (linked_out("model_weights"), "link to somewhere else"),
    "external storage": (replaced(external_storage), "lies in another file"),
    "virtual": (replaced(virtual), "virtual"),
    "compressed": (replaced(lambda f, n: f.create_dataset(n, data=ones, compression="gzip")), "compressed"),
    "chunked": (replaced(lambda f, n: f.create_dataset(n, data=ones, chunks=(2, 2))), "chunked"),
    "filtered": (replaced(lambda f, n: f.create_dataset(n, data=ones, fletcher32=True)), "chunked"),
    "without data": (replaced(lambda f, n: f.create_dataset(n, SHAPE, "f4")), "cut short"),
    "huge without data": (replaced(lambda f, n: f.create_dataset(n, (2**30, 2**30), "f4")), "cut short"),
    "another shape": (replaced(lambda f, n: f.create_dataset(n, data=ones.T)), r"expects shape \(4, 3\). Received"),
    "empty": (replaced(lambda f, n: f.create_dataset(n, data=h5py.Empty("f4"))), "no shape"),
    "variable length": (replaced(lambda f, n: f.create_dataset(n, SHAPE, h5py.vlen_dtype("f4"))), "numbers"),
    "references": (replaced(lambda f, n: f.create_dataset(n, SHAPE, h5py.ref_dtype)), "numbers"),
    "texts": (replaced(lambda f, n: f.create_dataset(n, SHAPE, h5py.string_dtype())), "numbers"),
    "compound": (replaced(lambda f, n: f.create_dataset(n, SHAPE, np.dtype([("a", "f4")]))), "numbers"),
    "complex": (replaced(lambda f, n: f.create_dataset(n, data=ones * 1j)), "numbers"),
    "missing": (replaced(lambda f, n: None), "it has no 'model_weights/dense/dense/kernel:0'"),
    "a group": (replaced(lambda f, n: f.create_group(n)), "must be a data set"),
    "no list of layers": (gone("model_weights", "layer_names"), "no list of layers"),
    "no list of weights": (gone("model_weights/dense", "weight_names"), "weights for the 2 layers"),
    "list of numbers": (attribute("model_weights/dense", "weight_names", [1, 2]), "must hold text"),
    "path upwards": (attribute("model_weights/dense", "weight_names", ["../a", "../b"]), r"it has no .*\.\."),
    "absolute path": (attribute("model_weights/dense", "weight_names", ["/model_weights", "b"]), "it has no"),
    "path to itself": (attribute("model_weights", "layer_names", [".", "dense_1"]), "it has no"),
    "too many layers": (attribute("model_weights", "layer_names", ["dense"] * 3), "weights for the 2 layers"),
    "no text": (attribute("model_weights/dense", "weight_names", [b"\xff\xfe", b"\xff"]), "damaged"),
}


@pytest.mark.parametrize("case", DATASETS)
def test_hdf5(path: Path, case: str) -> None:
    change, reason = DATASETS[case]
    with h5py.File(path, "r+") as file:
        change(file)
    refused(path, reason)
    refused_as_weights(path, reason)


# Configs


def config(change: Callable[[dict[str, Any]], object]) -> Callable[[File], None]:
    def edit(file: File) -> None:
        config = json.loads(file.attrs["model_config"])
        change(config["config"])
        file.attrs["model_config"] = json.dumps(config)

    return edit


def layer(**settings: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: config["layers"][1]["config"].update(settings)


LAMBDA = {"class_name": "Lambda", "config": {"name": "f", "function": ["4wAAAAAAAAA=", None, None]}}
CONFIGS: dict[str, tuple[Callable[[File], None], str]] = {
    "none": (gone("/", "model_config"), "holds no model"),
    "no JSON": (attribute("/", "model_config", "{"), "JSON"),
    "deep JSON": (attribute("/", "model_config", "[" * 100_000 + "]" * 100_000), "JSON|deeper"),
    "a list of texts": (attribute("/", "model_config", ["a", "b"]), "must hold one text"),
    "a huge layer": (config(layer(units=10**9)), "left for the weights"),
    "an endless layer": (config(layer(units=10**30)), "dense"),
    "an unknown layer": (config(lambda c: c["layers"][1].update(class_name="Evil")), "Evil"),
    "code": (config(lambda c: c["layers"].append(LAMBDA)), "Lambda"),
    "another layer": (config(lambda c: c["layers"].pop()), "weights for the 1 layers"),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_config(path: Path, case: str) -> None:
    change, reason = CONFIGS[case]
    with h5py.File(path, "r+") as file:
        change(file)
    refused(path, reason)
    with pytest.raises(ModelFileError, match=reason):
        fastmlp.models.load_model(path, safe_mode=False)


def test_one_long_text_named_many_times(path: Path) -> None:
    """4,000 names of 1 MB would be 4 GB, out of a file of 1 MB."""
    long, short, times = 1_000_003, 7_001, 4_000
    with h5py.File(path, "r+") as file:
        file.attrs["long"] = "x" * long
        file["model_weights"].attrs["short"] = "y" * short
        del file["model_weights"].attrs["layer_names"]
        file["model_weights"].attrs.create("layer_names", ["z" * 11] * times, dtype=h5py.string_dtype())
    content = path.read_bytes()
    place = content.index(struct.pack("<I", long))
    record = content[place : place + 16]  # length, heap, index
    place, changed = content.find(struct.pack("<I", 11)), 0
    content = bytearray(content)
    while place >= 0:
        if content[place + 12 : place + 16] != b"\0\0\0\0" and content[place + 16 : place + 20] in (
            struct.pack("<I", 11),
            content[place + 16 : place + 20],
        ):
            content[place : place + 16] = record
            changed += 1
        place = content.find(struct.pack("<I", 11), place + 16)
    assert changed >= times
    path.write_bytes(content)
    refused(path, "names more than 8 texts|names? more than")


def test_a_heap_without_end(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(b"GCOL")
    content[place + 16 : place + 32] = bytes(16)  # the first object: none, of no size
    path.write_bytes(content[:-16])
    refused(path, "heaps is damaged")


def test_missing_and_other_files(tmp_path: Path) -> None:
    for load in (fastmlp.models.load_model, build().load_weights):
        with pytest.raises(FileNotFoundError, match=r"no such file: '.*none\.h5'"):
            load(tmp_path / "none.h5")
        with pytest.raises(ModelFileError, match="Received a folder"):
            load(tmp_path)
        (tmp_path / "text.h5").write_text("something else")
        with pytest.raises(ModelFileError, match=r"text\.h5' cannot be loaded: it is no HDF5 file"):
            load(tmp_path / "text.h5")


# Damage: in a process of its own, which a crash or a hang would not survive

DAMAGE = """
import random, sys, warnings
from pathlib import Path
import numpy as np
import fastmlp
from fastmlp.saving.safe import ModelFileError

path, sealed = Path(sys.argv[1]), sys.argv[2] == "sealed"
content = path.read_bytes()
whole = fastmlp.models.load_model(path).get_weights()
content = content if sealed or path.suffix == ".keras" else content[:-16]
rng = random.Random(1)


def loads(damaged, exactly):
    path.write_bytes(damaged)
    try:
        weights = fastmlp.models.load_model(path).get_weights()
    except ModelFileError as error:
        assert str(path) in str(error), error
        return False
    if exactly:
        assert all(np.array_equal(new, old) for new, old in zip(weights, whole, strict=True))
    return True


warnings.simplefilter("ignore")  # an optimizer's state may be gone
cut = sum(loads(content[:size], True) for size in range(0, len(content), len(content) // 100))
flipped = 0
for place in range(0, len(content), len(content) // 400):
    damaged = bytearray(content)
    damaged[place] ^= 1 << rng.randrange(8)
    flipped += loads(bytes(damaged), sealed or path.suffix == ".keras")
print(cut, flipped)
assert not cut
"""


@pytest.mark.parametrize(("ending", "kind"), [(".h5", "sealed"), (".h5", "plain"), (".keras", "plain")])
def test_cut_short_and_bits_flipped(tmp_path: Path, ending: str, kind: str) -> None:
    path = tmp_path / f"model{ending}"
    build().save(path)
    subprocess.run([sys.executable, "-c", DAMAGE, str(path), kind], check=True, timeout=300)
