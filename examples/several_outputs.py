"""Several outputs: an auxiliary one sees to it that the deep part learns something by itself."""

from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(20)
train, valid, test = housing()

keras.utils.set_random_seed(42)
wide = keras.layers.Input(shape=[5], name="wide_input")
deep = keras.layers.Input(shape=[6], name="deep_input")
hidden1 = keras.layers.Dense(30, activation="relu")(deep)
hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
concat = keras.layers.concatenate([wide, hidden2])
output = keras.layers.Dense(1, name="main_output")(concat)
aux_output = keras.layers.Dense(1, name="aux_output")(hidden2)
model = keras.Model(inputs=[wide, deep], outputs=[output, aux_output])
keras.utils.plot_model(model, "several_outputs.png", show_shapes=True, show_layer_names=True)

model.compile(loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer="sgd")
(train_x, valid_x, test_x) = ([x[:, :5], x[:, 2:]] for x, _ in (train, valid, test))
history = model.fit(
    train_x, [train.y, train.y], epochs=EPOCHS, validation_data=(valid_x, [valid.y, valid.y]), verbose=2
)
total, main, aux = model.evaluate(test_x, [test.y, test.y], verbose=0)
print(f"On the test set: {total:.4f} = 0.9 * {main:.4f} + 0.1 * {aux:.4f}")
y_main, y_aux = model.predict([x[:3] for x in test_x])
print("Main output:", y_main.ravel(), "Auxiliary output:", y_aux.ravel())
