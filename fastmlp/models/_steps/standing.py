"""Where a call of fit stands, and its way to the disk and back."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastmlp import random
from fastmlp.models._steps.passes import Pass
from fastmlp.models._steps.tally import Tally
from fastmlp.optimizers import Optimizer
from fastmlp.saving.atomic import replacing
from fastmlp.saving.training_state import load_training_state, save_training_state

if TYPE_CHECKING:
    from fastmlp.models.model import Model

_LATEST = "latest.weights.h5"
_PREVIOUS = f"{_LATEST}.bkp"


class Standing:
    """Where a call of fit stands: with the weights, all that it takes to go on as if nothing had happened.

    As a context, it is the model's `standing`.

    Parameters
    ----------
    model : Model
        What is trained.
    run : Pass
        What it is trained with.
    optimizer : Optimizer
        Trains it; its `iterations` are counted on.
    seed : int
        Of dropout.
    epoch : int
        Number of the first epoch.

    Attributes
    ----------
    epoch : int
        Number of the present epoch, or of the next one in between.
    step : int
        Batches of it that are done.
    tally : Tally or None
        What came of them; None before the epoch has begun.
    """

    def __init__(self, model: "Model", run: Pass, optimizer: Optimizer, seed: int, epoch: int = 0) -> None:
        self.optimizer = optimizer
        self.seed = seed
        self.epoch = epoch
        self.step = 0
        self.tally: Tally | None = None
        self.run = run
        self._model = model
        self._outer: Standing | None = None

    def __enter__(self) -> "Standing":
        self._outer, self._model.standing = self._model.standing, self
        return self

    def __exit__(self, *_: object) -> None:
        self._model.standing = self._outer

    def begin_epoch(self) -> Tally:
        """Return the tally of the present epoch; after an interruption, with what came of the batches before it."""
        if self.tally is None:
            self.tally = Tally(self.run.heads)
        return self.tally

    def finish_epoch(self) -> None:
        """Stand before the next epoch."""
        self.epoch += 1
        self.step = 0
        self.tally = None

    def save(self, folder: Path, *, keep_previous: bool) -> None:
        """Write a checkpoint into a folder, where there is a whole one at any moment from then on.

        Parameters
        ----------
        folder : path
            Made if it is not there.
        keep_previous : bool
            Whether the one before stays too.
        """
        latest = folder / _LATEST
        folder.mkdir(parents=True, exist_ok=True)
        for left_behind in _unfinished(folder):
            left_behind.unlink()
        if keep_previous and latest.exists():
            with replacing(folder / _PREVIOUS) as file:
                file.write(latest.read_bytes())
        save_training_state(latest, self._model, self._state())

    def load(self, folder: Path) -> None:
        """Go on from the checkpoint in a folder, if there is one; from the one before if the latest is damaged.

        Raises
        ------
        ValueError
            If there are checkpoints, but none that fits; the message names the file.
        """
        first: ValueError | OSError | None = None
        for path in (folder / _LATEST, folder / _PREVIOUS):
            if path.exists():
                try:
                    self._restore(load_training_state(path, self._model))
                except (OSError, ValueError) as error:
                    first = first or error
                else:
                    return
        if first is not None:
            raise ValueError(f"Training cannot go on from the checkpoint in '{folder}': {first}") from first

    @staticmethod
    def remove(folder: Path) -> None:
        """Remove the checkpoints in a folder, and the folder if there is nothing else in it."""
        for path in (folder / _LATEST, folder / _PREVIOUS, *_unfinished(folder)):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()

    def _state(self) -> dict[str, Any]:
        """Return what is to be known besides weights and the optimizer."""
        return {
            "epoch": self.epoch,
            "batch": self.step,
            "dropout_seed": self.seed,
            "random": random.generator().bit_generator.state,
            "feed": self.run.feed.state(),
            "tally": None if self.tally is None else self.tally.state(),
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.run.feed.restore(state["feed"])
        self.epoch, self.step, self.seed = state["epoch"], state["batch"], state["dropout_seed"]
        if state["tally"] is not None:
            self.begin_epoch().restore(state["tally"])
        random.generator().bit_generator.state = state["random"]


def _unfinished(folder: Path) -> list[Path]:
    """Return files that a killed process was writing."""
    return list(folder.glob(f".{_LATEST}*.tmp"))
