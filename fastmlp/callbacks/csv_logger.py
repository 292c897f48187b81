"""Writes the logs into a table."""

import csv
import os
from pathlib import Path
from typing import Any

from fastmlp.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes a line for each epoch into a CSV file: its number, counted from 0, and the logs sorted by their keys.

    Nothing stays open between epochs, and what is written is there at once.

    Parameters
    ----------
    filename : str or path
        The file.
    separator : str
        A single character between the columns.
    append : bool
        Whether to go on behind what the file holds, or to start anew.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Make the file, or empty it."""
        self.keys = None
        with Path(self.filename).open("a" if self.append else "w"):
            pass

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the epoch's line, before the first one the names of the columns.

        The columns are those of the first epoch. Without a validation in it there is one more for the validation of
        each, since one may come later.
        """
        logs = logs or {}
        lines: list[list[Any]] = []
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
            if not Path(self.filename).stat().st_size:
                lines.append(["epoch", *self.keys])
        lines.append([epoch, *(logs.get(key, "NA") for key in self.keys)])
        with Path(self.filename).open("a", newline="") as file:
            csv.writer(file, delimiter=self.sep).writerows(lines)
