from typing import Any

import pytest

from fastmlp.callbacks import Callback, CallbackList

HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class Recorder(Callback):
    def __init__(self, log: list[str], name: str = "") -> None:
        for hook in HOOKS:
            setattr(self, hook, lambda *_, hook=hook: log.append(f"{name}{hook}"))


class Old(Callback):
    def __init__(self) -> None:
        self.batches: list[int] = []

    def on_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.batches.append(batch)


def test_callbacks_are_called_in_their_order() -> None:
    log: list[str] = []
    hooks = CallbackList([Recorder(log, "first "), Recorder(log, "second ")], epochs=3)
    hooks.call("on_epoch_end", 0, {})
    hooks.call("on_test_batch_begin", 0, {})
    assert log == [f"{name} {hook}" for hook in ("on_epoch_end", "on_test_batch_begin") for name in ("first", "second")]


def test_callbacks_get_the_model_and_the_params() -> None:
    callback = Callback()
    hooks = CallbackList([callback], model="model", epochs=3)
    assert callback.model == hooks.model == "model"
    assert callback.params == hooks.params == {"epochs": 3}
    assert Callback().params == {}


def test_old_names_of_batch_hooks() -> None:
    old = Old()
    hooks = CallbackList([old])
    hooks.call("on_train_batch_begin", 7, {})
    hooks.call("on_train_batch_end", 7, {})
    assert old.batches == [7]


@pytest.mark.parametrize("phase", ["train", "test", "predict"])
@pytest.mark.parametrize("moment", ["begin", "end"])
def test_only_callbacks_with_batch_hooks_make_the_engine_stop_for_each_batch(phase: str, moment: str) -> None:
    class Watching(Callback):
        pass

    setattr(Watching, f"on_{phase}_batch_{moment}", lambda *_: None)
    hooks = CallbackList([Callback(), Watching()])
    wanted = [each for each in ("train", "test", "predict") if hooks.wants_batches(each)]
    assert wanted == [phase]
    assert CallbackList([Old()]).wants_batches("train")


def test_the_base_class_does_nothing() -> None:
    hooks = CallbackList([Callback()])
    assert not any(hooks.wants(hook) for hook in HOOKS)
    callback = Callback()
    for hook in HOOKS:
        arguments: tuple[Any, ...] = (0,) if "batch" in hook or "epoch" in hook or "progress" in hook else ()
        assert getattr(callback, hook)(*arguments) is None


@pytest.mark.parametrize("wrong", [3, Callback, "history"])
def test_what_is_no_callback(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"`callbacks` must be instances of fastmlp.callbacks.Callback. Received: "):
        CallbackList([wrong])  # type: ignore[list-item]
