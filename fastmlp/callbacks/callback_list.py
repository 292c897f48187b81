"""Many callbacks as one."""

from typing import Any, TypeVar

from fastmlp._structure import flatten
from fastmlp.callbacks.callback import HOOKS, Callback, Logs
from fastmlp.callbacks.history import History
from fastmlp.callbacks.progress import ProgbarLogger

C = TypeVar("C", bound=Callback)

_HOOKS = frozenset(HOOKS)
_NEW_NAMES = {"on_batch_begin": "on_train_batch_begin", "on_batch_end": "on_train_batch_end"}


class CallbackList(Callback):
    """Calls the hooks of several callbacks in their order; hooks that nobody overrides cost nothing.

    As a context, it closes them in the end, so that an exception leaves no file open and no progress bar behind.

    Parameters
    ----------
    callbacks : Callback, CallbackList, or list of them, optional
        Told of `model` and `params` at once.
    add_history : bool
        Whether to add a History behind them if they have none.
    add_progbar : bool
        Whether to add a ProgbarLogger behind them if they have none.
    model : Model, optional
        The model.
    **params
        "verbose", "epochs" and "steps".

    Attributes
    ----------
    callbacks : list of Callback
        All of them.
    history : History or None
        The last one among them.
    progress : ProgbarLogger or None
        The last one among them.

    Raises
    ------
    TypeError
        If one of them is no Callback.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks = _members(callbacks)
        self.history = self._last(History)
        if add_history and self.history is None:
            self.history = History()
            self.callbacks.append(self.history)
        self.progress = self._last(ProgbarLogger)
        if add_progbar and self.progress is None:
            self.progress = ProgbarLogger()
            self.callbacks.append(self.progress)
        self._methods: dict[str, list[Any]] = {}
        for callback in self.callbacks:
            for name in _overridden(callback):
                self._methods.setdefault(name, []).append(getattr(callback, name))
        try:
            if model is not None:
                self.set_model(model)
            if params:
                self.set_params(params)
        except BaseException:
            self.close()
            raise

    def _last(self, kind: type[C]) -> C | None:
        return next((each for each in reversed(self.callbacks) if isinstance(each, kind)), None)

    def set_params(self, params: dict[str, Any]) -> None:
        """Tell all callbacks of `params`."""
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Tell all callbacks of the model."""
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    def __enter__(self) -> "CallbackList":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let all callbacks go of what they hold."""
        for callback in self.callbacks:
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


def _members(callbacks: Any) -> list[Callback]:
    """Return the callbacks of nested lists, CallbackLists among them, as one list."""
    members: list[Callback] = []
    if callbacks is None:
        return members
    for each in flatten(callbacks if isinstance(callbacks, Callback | list | tuple) else list(callbacks)):
        if not isinstance(each, Callback):
            raise TypeError(f"`callbacks` must be instances of fastmlp.callbacks.Callback. Received: {each!r}")
        members += each.callbacks if isinstance(each, CallbackList) else [each]
    return members


def _overridden(callback: Callback) -> set[str]:
    """Return the hooks that are not the base class's, those behind old names under their new ones."""
    names = _HOOKS.intersection(vars(callback))
    for cls in type(callback).__mro__:
        if cls is Callback:
            break
        names |= _HOOKS.intersection(vars(cls))
    return {_NEW_NAMES.get(name, name) for name in names}


def _passed_on(name: str) -> Any:
    """Return the method of a CallbackList that calls a hook of all its members."""
    hook = _NEW_NAMES.get(name, name)

    def of_number(self: CallbackList, number: int, logs: Logs | None = None) -> None:
        self.call(hook, number, {} if logs is None else logs)

    def of_logs(self: CallbackList, logs: Logs | None = None) -> None:
        self.call(hook, {} if logs is None else logs)

    return of_number if any(part in name for part in ("batch", "epoch", "progress")) else of_logs


for _name in HOOKS:
    setattr(CallbackList, _name, _passed_on(_name))
