from types import SimpleNamespace

from fastmlp.callbacks import History


def test_a_history_collects_logs_and_starts_anew_with_each_training() -> None:
    history, model = History(), SimpleNamespace()
    history.set_model(model)
    assert model.history is history
    for _ in range(2):
        history.on_train_begin({})
        history.on_epoch_end(3, {"loss": 1.0})
        history.on_epoch_end(4, {"loss": 0.5, "val_loss": 2.0})
        assert history.epoch == [3, 4]
        assert history.history == {"loss": [1.0, 0.5], "val_loss": [2.0]}
