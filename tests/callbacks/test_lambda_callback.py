from typing import Any

import pytest
from callback_driver import driven

from fastmlp.callbacks import CallbackList, LambdaCallback

HOOKS = [
    "on_train_begin",
    "on_epoch_begin",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_epoch_end",
    "on_train_end",
]


def test_each_function_is_called_at_its_moment() -> None:
    log: list[Any] = []
    functions = {name: lambda *arguments, name=name: log.append((name, *arguments)) for name in HOOKS}
    driven(LambdaCallback(**functions), [{"loss": 1.0}], batches=1)
    assert log == [
        ("on_train_begin", {}),
        ("on_epoch_begin", 0, {}),
        ("on_train_batch_begin", 0, {}),
        ("on_train_batch_end", 0, {"loss": 1.0}),
        ("on_epoch_end", 0, {"loss": 1.0}),
        ("on_train_end", {"loss": 1.0}),
    ]


def test_the_other_hooks_are_keywords() -> None:
    log: list[Any] = []
    callback = LambdaCallback(
        on_test_begin=log.append,
        on_predict_batch_end=lambda batch, logs: log.append(batch),
        on_batch_end=lambda batch, logs: log.append(logs),
        on_test_end=None,
    )
    hooks = CallbackList(callback)
    hooks.on_test_begin({"a": 1.0})
    hooks.on_predict_batch_end(3)
    hooks.on_train_batch_end(4, {"b": 2.0})
    hooks.on_test_end()
    assert log == [{"a": 1.0}, 3, {"b": 2.0}]
    assert not hooks.wants_batches("test")
    assert not hooks.wants("on_test_end")


def test_an_unknown_hook() -> None:
    text = r"LambdaCallback expects keywords among \['on_train_begin', .*\]. Received: \['on_epoch'\]"
    with pytest.raises(TypeError, match=text):
        LambdaCallback(on_epoch=print)
