"""Ends training whose loss is no number any more."""

import math

from fastmlp.callbacks.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Ends `fit` after the batch that makes the loss infinite or NaN.

    It looks at every batch, so the engine returns after each.

    Parameters
    ----------
    raise_error : bool
        Whether to raise a RuntimeError, so that no `on_train_end` is called; else `fit` ends as if it were done.
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Look at the loss.

        Raises
        ------
        RuntimeError
            If the loss is no number and `raise_error` was asked for.
        """
        loss = (logs or {}).get("loss", 0.0)
        if math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"The loss must be finite. Received: loss={loss} after batch {batch}")
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
