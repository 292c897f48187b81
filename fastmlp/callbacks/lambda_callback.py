"""A callback made of functions."""

from collections.abc import Callable
from typing import Any

from fastmlp.callbacks.callback import HOOKS, Callback

Hook = Callable[..., object] | None


class LambdaCallback(Callback):
    """Calls given functions at the moments of the same name.

    Parameters
    ----------
    on_epoch_begin, on_epoch_end : callable, optional
        Called with the epoch's number and the logs.
    on_train_begin, on_train_end : callable, optional
        Called with the logs.
    on_train_batch_begin, on_train_batch_end : callable, optional
        Called with the batch's number and the logs.
    **kwargs
        Functions for the other hooks of a Callback, by their names.

    Raises
    ------
    TypeError
        If there is no such hook: the message lists them.
    """

    def __init__(
        self,
        on_epoch_begin: Hook = None,
        on_epoch_end: Hook = None,
        on_train_begin: Hook = None,
        on_train_end: Hook = None,
        on_train_batch_begin: Hook = None,
        on_train_batch_end: Hook = None,
        **kwargs: Any,
    ) -> None:
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        unknown = sorted(set(hooks) - set(HOOKS))
        if unknown:
            raise TypeError(f"LambdaCallback expects keywords among {list(HOOKS)}. Received: {unknown}")
        vars(self).update({name: hook for name, hook in hooks.items() if hook is not None})
