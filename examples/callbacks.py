"""Callbacks: the best model is saved, training ends when it gets no better, and one of your own looks on."""

from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(100)


class PrintValTrainRatio(keras.callbacks.Callback):
    """Shows how much the model overfits."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print the ratio of the losses."""
        if logs:
            print(f"epoch {epoch + 1}: val / train: {logs['val_loss'] / logs['loss']:.2f}")


train, valid, test = housing()
keras.utils.set_random_seed(42)
model = keras.models.Sequential(
    [keras.layers.Dense(30, activation="relu", input_shape=train.x.shape[1:]), keras.layers.Dense(1)]
)
model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=0.03))
checkpoint_cb = keras.callbacks.ModelCheckpoint("best_model.h5", save_best_only=True)
early_stopping_cb = keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True)
history = model.fit(
    train.x,
    train.y,
    epochs=EPOCHS,
    validation_data=valid,
    callbacks=[checkpoint_cb, early_stopping_cb, PrintValTrainRatio()],
    verbose=0,
)
print(f"{len(history.epoch)} epochs, the best was number {early_stopping_cb.best_epoch + 1}")
saved = keras.models.load_model("best_model.h5")
print("Rolled back:", model.evaluate(*valid, verbose=0), "Saved:", saved.evaluate(*valid, verbose=0))
