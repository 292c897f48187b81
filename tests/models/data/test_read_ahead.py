import mmap
from pathlib import Path

import numpy as np
import pytest

import fastmlp
from fastmlp import Sequential, layers
from fastmlp.models._data import read_ahead
from fastmlp.models._data.read_ahead import ReadAhead

COLUMNS, ROWS = mmap.PAGESIZE // 4, 64  # what is asked for are pages: here rows
pytestmark = pytest.mark.skipif(not hasattr(mmap, "MADV_WILLNEED"), reason="needs an mmap that can be advised")


class Recorder(mmap.mmap):
    """A mapped file that notes what it is asked for."""

    asked: list[tuple[int, int]]

    def madvise(self, option: int, start: int = 0, length: int = 0) -> None:
        assert option == mmap.MADV_WILLNEED
        super().madvise(option, start, length)
        self.asked.append((start, start + length))


@pytest.fixture
def mapped(tmp_path: Path) -> tuple[Recorder, np.ndarray]:
    path = tmp_path / "rows"
    np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype(np.float32).tofile(path)
    with path.open("rb") as file:
        mapping = Recorder(file.fileno(), 0, prot=mmap.PROT_READ)
    mapping.asked = []
    return mapping, np.frombuffer(mapping, np.float32).reshape(ROWS, COLUMNS)


def rows_of(asked: list[tuple[int, int]]) -> set[int]:
    """Return the rows whose last byte was asked for."""
    ends = 4 * COLUMNS * np.arange(1, ROWS + 1) - 1
    return {i for i, end in enumerate(ends) if any(start <= end < stop for start, stop in asked)}


def test_what_lies_in_no_file_is_not_asked_for() -> None:
    ahead = ReadAhead([np.zeros((3, 2)), np.zeros((3, 2))[:, :1]])
    assert ahead.rows == 0


def test_rows_are_asked_for_once(mapped: tuple[Recorder, np.ndarray]) -> None:
    mapping, array = mapped
    ahead = ReadAhead([array[8:], np.zeros(ROWS - 8)])  # a view, and something in memory
    assert ahead.rows == read_ahead._BYTES // (4 * COLUMNS)
    ahead.ask(None, 0, 10)
    ahead.ask(None, 5, 15)
    ahead.ask(None, 5, 12)
    assert rows_of(mapping.asked) == set(range(8, 8 + 15))
    assert len(mapping.asked) == 2
    ahead.ask(None, 0, 4)  # the next pass
    assert len(mapping.asked) == 3


def test_each_run_of_neighbours_is_asked_for(mapped: tuple[Recorder, np.ndarray]) -> None:
    mapping, array = mapped
    order = np.concatenate([np.arange(40, 48), np.arange(8), np.arange(20, 28)])
    ReadAhead([array]).ask(order, 0, 20)
    assert rows_of(mapping.asked) == {*range(40, 48), *range(8), *range(20, 24)}
    assert len(mapping.asked) == 3


@pytest.mark.parametrize(("shuffle", "asks"), [(False, True), ("batch", True), (True, False)])
def test_a_pass_over_a_file_gives_what_one_over_memory_gives(
    mapped: tuple[Recorder, np.ndarray], monkeypatch: pytest.MonkeyPatch, shuffle: bool | str, asks: bool
) -> None:
    monkeypatch.setattr(read_ahead, "_BYTES", 12 * 4 * COLUMNS)
    mapping, array = mapped
    results = []
    for x in (array, array.copy()):
        fastmlp.utils.set_random_seed(1)
        model = Sequential([layers.Dense(2, input_shape=[COLUMNS])])
        model.compile("sgd", "mse")
        losses = model.fit(x, x[:, :2], batch_size=5, epochs=3, shuffle=shuffle, verbose=0).history["loss"]
        results.append((losses, [weights.tolist() for weights in model.get_weights()]))
    assert results[0] == results[1]
    assert rows_of(mapping.asked) == (set(range(ROWS)) if asks else set())
