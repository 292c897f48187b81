"""TensorBoard: two runs with different learning rates, each in a folder of its own below my_logs.

Afterwards `tensorboard --logdir=./my_logs --port=6006` shows them; it comes with `pip install fastmlp[tensorboard]`.
"""

import time
from pathlib import Path

from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(30)
train, valid, test = housing()

for rate in (0.001, 0.03):
    keras.utils.set_random_seed(42)
    model = keras.models.Sequential(
        [keras.layers.Dense(30, activation="relu", input_shape=train.x.shape[1:]), keras.layers.Dense(1)]
    )
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=rate))
    run_logdir = Path("my_logs") / time.strftime(f"run_%Y_%m_%d-%H_%M_%S-rate_{rate}")
    tensorboard_cb = keras.callbacks.TensorBoard(run_logdir, histogram_freq=1)
    model.fit(train.x, train.y, epochs=EPOCHS, validation_data=valid, callbacks=[tensorboard_cb], verbose=2)
    print("Written:", *sorted(str(path) for path in run_logdir.rglob("events.*")), sep="\n  ")
