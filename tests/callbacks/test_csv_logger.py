import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from callback_driver import driven

import fastmlp
from fastmlp import layers
from fastmlp.callbacks import CSVLogger

HISTORIES: dict[str, list[dict[str, float]]] = {
    "plain": [{"loss": 0.5, "accuracy": 0.25}, {"loss": 0.375, "accuracy": 1.0}],
    "validated": [{"loss": 0.5, "val_loss": 1.0, "mae": 3.0, "val_mae": 0.1}] * 2,
    "validated later": [{"loss": 0.5, "mae": 3.0}, {"loss": 0.5, "mae": 3.0, "val_loss": 1.0, "val_mae": 0.1}],
    "validated at times": [{"loss": 0.5, "val_loss": 1.0}, {"loss": 0.25}],
    "no epoch": [],
}


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("name", HISTORIES)
def test_as_in_keras(keras: Any, name: str, separator: str, append: bool, tmp_path: Path) -> None:
    texts = []
    for module in (keras, fastmlp):
        path = tmp_path / module.__name__
        for _ in range(2):
            driven(module.callbacks.CSVLogger(path, separator, append), HISTORIES[name])
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]


def test_a_table_of_a_training_is_there_while_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    tables: list[list[dict[str, Any]]] = []

    class Reading(fastmlp.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            with path.open(newline="") as file:
                tables.append(list(csv.DictReader(file)))

    model = fastmlp.Sequential([layers.Dense(1, input_shape=[2])])
    model.compile("sgd", "mse")
    x = np.ones((8, 2), np.float32)
    history = model.fit(x, x[:, :1], epochs=3, verbose=0, callbacks=[CSVLogger(str(path)), Reading()])
    assert [len(table) for table in tables] == [1, 2, 3]
    assert [float(row["loss"]) for row in tables[-1]] == history.history["loss"]
    assert {row["val_loss"] for row in tables[-1]} == {"NA"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        driven(CSVLogger(tmp_path / "nowhere" / "log.csv"), [])
