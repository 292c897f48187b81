"""Lets a training that was interrupted go on."""

import os
from pathlib import Path

from fastmlp.callbacks._save_freq import BatchCounter, SaveFreq
from fastmlp.callbacks.callback import Callback, Logs


class BackupAndRestore(Callback):
    """Writes checkpoints, from which the same call of `fit` goes on after an interruption, whatever that was.

    What then comes out has the same bits as if there had been no interruption: with the weights, a checkpoint holds the
    optimizer's state, the learning rate, the state of the random generator, the order of the data and the place in it,
    and the sums of the present epoch. It is complete at any moment. Other callbacks begin anew, and so do generators,
    but for the batches that were given already.

    Parameters
    ----------
    backup_dir : str or path
        A folder for the checkpoints alone; made if it is not there.
    save_freq : "epoch" or int
        When to save: after each epoch, or after so many batches.
    double_checkpoint : bool
        Whether the checkpoint before the latest is kept too, in case the disk damages that.
    delete_checkpoint : bool
        Whether the checkpoints are removed when training has come to its end.

    Raises
    ------
    ValueError
        If `backup_dir` or `save_freq` cannot be; from `fit`, if a checkpoint does not fit the model or the data.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: SaveFreq = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not os.fspath(backup_dir):
            raise ValueError(f"`backup_dir` must be the name of a folder. Received: backup_dir={backup_dir!r}")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._batches = BatchCounter(save_freq)
        if self._batches.by_batch:  # only then has the engine to return after each batch
            self.on_train_batch_end = self._after_batch  # type: ignore[method-assign]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Go on from the latest checkpoint, if there is one."""
        self.model.standing.load(Path(self.backup_dir))

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save, if it is done after epochs."""
        if not self._batches.by_batch:
            self._save()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Remove the checkpoints, if asked to."""
        if self.delete_checkpoint:
            self.model.standing.remove(Path(self.backup_dir))

    def _after_batch(self, batch: int, logs: Logs | None = None) -> None:
        if self._batches.is_due():
            self._save()

    def _save(self) -> None:
        self.model.standing.save(Path(self.backup_dir), keep_previous=self.double_checkpoint)
