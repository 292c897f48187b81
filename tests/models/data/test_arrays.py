from typing import Any

import numpy as np
import pandas as pd
import pytest

import fastmlp
from fastmlp import layers, optimizers
from fastmlp.models._data.arrays import as_rows

RNG = np.random.default_rng(0)
X = RNG.integers(0, 200, (30, 6))
Y = RNG.standard_normal(30)

READ_AS_THEY_ARE = [
    X.astype(np.float32),
    X.astype(np.float64),
    X.astype(np.uint8),
    X.astype(np.int32),
    X.astype(np.int64),
    np.hstack([X, X]).astype(np.float32)[:, :6],
    np.repeat(X, 2, axis=0)[::2],
    np.broadcast_to(X[0], (30, 6)),
]
CONVERTED = [
    X.astype(bool),
    X.astype(np.float16),
    X.astype(np.longdouble),
    X.astype(np.int8),
    X.astype(np.uint16),
    X.astype(np.uint64),
    X.astype(">f4"),
    X.astype(">i8"),
    np.asfortranarray(X),
    X[::-1],
    X[:, ::-1],
    np.hstack([X, X])[:, ::2],
    X.tolist(),
    tuple(map(tuple, X)),
    pd.DataFrame(X),
    pd.DataFrame(X.astype(np.float64)),
    pd.DataFrame({i: X[:, i].astype([np.float32, bool, np.int8][i % 3]) for i in range(6)}),
    pd.DataFrame(X).astype("Int64"),
    np.frombuffer(b"\0" + X.astype(np.float64).tobytes(), np.uint8)[1:].view(np.float64).reshape(X.shape),
]


def model_of(dtype: str = "float32") -> fastmlp.Sequential:
    fastmlp.utils.set_random_seed(1)
    model = fastmlp.Sequential(
        [layers.Dense(4, activation="tanh", input_shape=[6], dtype=dtype), layers.Dense(1, dtype=dtype)]
    )
    model.compile(optimizers.SGD(1e-5), "mse")
    return model


def trained(x: Any, dtype: str) -> list[Any]:
    model = model_of(dtype)
    model.fit(x, Y, batch_size=7, epochs=2, verbose=0)
    return [*model.get_weights(), model.predict(x)]


def described(array: Any) -> str:
    return f"{type(array).__name__}-{getattr(array, 'dtype', '')}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("x", [*READ_AS_THEY_ARE, *CONVERTED], ids=described)
def test_every_array_gives_the_bits_of_a_plain_one(x: Any, dtype: str) -> None:
    for result, expected in zip(trained(x, dtype), trained(np.array(x, dtype), dtype), strict=True):
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("x", READ_AS_THEY_ARE, ids=described)
def test_what_the_engine_can_read_is_not_copied(x: Any) -> None:
    x.flags.writeable = False
    assert as_rows(x, "x", "float32") is x


@pytest.mark.parametrize("x", CONVERTED, ids=described)
def test_anything_else_is_converted(x: Any) -> None:
    array = as_rows(x, "x", "float32")
    assert array.flags.c_contiguous
    assert array.flags.aligned
    np.testing.assert_array_equal(array, np.array(x, np.float64))


def test_images_that_are_views_are_not_copied() -> None:
    images = RNG.random((4, 10, 12))[:, :, :].reshape(4, 120).reshape(4, 10, 12)
    assert as_rows(images[::2], "x", "float32").base is not None
    assert np.shares_memory(as_rows(images[1:3], "x", "float32"), images)


def test_a_memory_mapped_file_stays_on_disk(tmp_path) -> None:
    path = tmp_path / "x"
    X.astype(np.float32).tofile(path)
    x = np.memmap(path, np.float32, "r", shape=X.shape)
    assert np.shares_memory(as_rows(x, "x", "float32"), x)
    for result, expected in zip(trained(x, "float32"), trained(X.astype("f"), "float32"), strict=True):
        np.testing.assert_array_equal(result, expected)
