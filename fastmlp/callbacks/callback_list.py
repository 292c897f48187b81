"""Many callbacks as one."""

from collections.abc import Iterable
from typing import Any

from fastmlp.callbacks.callback import Callback
from fastmlp.callbacks.progress import ProgbarLogger

_HOOKS = {name: hook for name, hook in vars(Callback).items() if name.startswith("on_")}
_NEW_NAMES = {"on_batch_begin": "on_train_batch_begin", "on_batch_end": "on_train_batch_end"}


class CallbackList:
    """Calls the hooks of several callbacks in their order; hooks that nobody overrides cost nothing.

    As a context, it takes a progress bar away that an exception has left unfinished.

    Parameters
    ----------
    callbacks : iterable of Callback
        Told of `model` and `params` at once.
    model : Model
        The model.
    params : dict
        "verbose", "epochs" and "steps".

    Raises
    ------
    TypeError
        If one of them is no Callback.
    """

    def __init__(self, callbacks: Iterable[Callback], model: Any, params: dict[str, Any]) -> None:
        self._callbacks = tuple(callbacks)
        self._methods: dict[str, list[Any]] = {}
        for callback in self._callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"`callbacks` must be instances of fastmlp.callbacks.Callback. Received: {callback!r}")
            callback.set_params(params)
            callback.set_model(model)
            for name in _overridden(callback):
                self._methods.setdefault(name, []).append(getattr(callback, name))

    def __enter__(self) -> "CallbackList":
        return self

    def __exit__(self, *_: object) -> None:
        for callback in self._callbacks:
            if isinstance(callback, ProgbarLogger):
                callback.close()

    def wants_batches(self, phase: str) -> bool:
        """Tell whether any callback wants to know of every batch of a phase: "train", "test" or "predict"."""
        return f"on_{phase}_batch_begin" in self._methods or f"on_{phase}_batch_end" in self._methods

    def wants(self, hook: str) -> bool:
        """Tell whether any callback overrides a hook."""
        return hook in self._methods

    def call(self, hook: str, *arguments: Any) -> None:
        """Call a hook of all callbacks."""
        for method in self._methods.get(hook, ()):
            method(*arguments)


def _overridden(callback: Callback) -> list[str]:
    """Return the hooks that are not the base class's, those behind old names under their new ones."""
    cls, own = type(callback), vars(callback)
    names = [name for name, hook in _HOOKS.items() if getattr(cls, name) is not hook or name in own]
    return list(dict.fromkeys(_NEW_NAMES.get(name, name) for name in names))
