"""The base class of callbacks."""

from typing import Any

Logs = dict[str, float]


class Callback:
    """Something to do at certain moments of `fit`, `evaluate` and `predict`; override what you need.

    `logs` holds the loss and the metrics so far, of the epoch or of the evaluation; what a callback adds to the logs of
    `on_epoch_end` lands in the History. A callback that overrides a batch hook makes the engine return after every
    batch, which costs time but never changes a result.

    Attributes
    ----------
    model : Model
        The model; `model.stop_training = True` ends `fit` after this epoch, or from a batch hook after this batch.
    params : dict
        "verbose", "epochs" and "steps" (batches of an epoch).
    """

    model: Any = None
    params: dict[str, Any] = {}  # noqa: RUF012  replaced, never changed

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive `params`."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receive the model."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Do something before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Do something after the last epoch, whose logs are given."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Do something before an epoch; the first has number 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Do something after an epoch and its validation, whose results have the prefix `val_`."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Do something before a batch of training: the old name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Do something after a batch of training: the old name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Do something before a batch of training; the first of an epoch has number 0."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Do something after a batch of training."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Do something before an evaluation or a validation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Do something after an evaluation or a validation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Do something before a batch of an evaluation or a validation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Do something after a batch of an evaluation or a validation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Do something before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Do something after a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Do something before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Do something after a batch of a prediction; `logs["outputs"]` is what was predicted."""

    def on_progress(self, rows: int, logs: Logs | None = None) -> None:
        """Show how far an epoch, evaluation or prediction has come: so many rows are done.

        Not one of Keras' hooks. It is called whenever the engine returns, about every twentieth of a second, so what it
        does must not influence the training.
        """

    def close(self) -> None:
        """Let go of files and the like: `fit`, `evaluate` or `predict` is over, perhaps with an error.

        Not one of Keras' hooks either.
        """


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
