"""What the tests of files of strangers share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import fastmlp
from fastmlp.saving.safe import ModelFileError

File = Any


def build() -> Any:
    layers = [fastmlp.layers.Dense(3, input_shape=(4,), name="dense"), fastmlp.layers.Dense(3, name="dense_1")]
    model = fastmlp.Sequential(layers)
    model.compile("adam", "mse")
    return model


def refused(path: Path, reason: str) -> None:
    """Assert that a file is neither loaded as a model nor as weights, and leaves a model as it was."""
    with pytest.raises(ModelFileError, match=reason) as caught:
        fastmlp.models.load_model(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def refused_as_weights(path: Path, reason: str) -> None:
    model = build()
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=reason) as caught:
        model.load_weights(path)
    assert str(path) in str(caught.value)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def linked_out(path: str) -> Callable[[File], None]:
    """Return what makes a part of a file lie in another one."""

    def change(file: File) -> None:
        with h5py.File(Path(file.filename).with_name("other.h5"), "w") as other:
            file.copy(path, other, "secret")
        del file[path]
        file[path] = h5py.ExternalLink("other.h5", "/secret")

    return change
