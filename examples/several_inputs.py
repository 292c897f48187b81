"""Several inputs: five features go the wide way, straight to the output, six the deep way, through two layers."""

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
output = keras.layers.Dense(1, name="output")(concat)
model = keras.Model(inputs=[wide, deep], outputs=[output])
keras.utils.plot_model(model, "several_inputs.png", show_shapes=True, show_layer_names=True)

model.compile(loss="mse", optimizer=keras.optimizers.SGD(learning_rate=1e-3))
train_x, valid_x, test_x = ((x[:, :5], x[:, 2:]) for x, _ in (train, valid, test))
model.fit(train_x, train.y, epochs=EPOCHS, validation_data=(valid_x, valid.y), verbose=2)
print("Mean squared error on the test set:", model.evaluate(test_x, test.y, verbose=0))
by_name = {"wide_input": test.x[:3, :5], "deep_input": test.x[:3, 2:]}
print("Predictions:", model.predict(by_name).ravel())
