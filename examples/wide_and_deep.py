"""The Functional API: a Wide & Deep network, whose output sees the features themselves too."""

from _shared import epochs, housing

import fastmlp as keras

EPOCHS = epochs(20)
train, valid, test = housing()

keras.utils.set_random_seed(42)
input_ = keras.layers.Input(shape=train.x.shape[1:])
hidden1 = keras.layers.Dense(30, activation="relu")(input_)
hidden2 = keras.layers.Dense(30, activation="relu")(hidden1)
concat = keras.layers.Concatenate()([input_, hidden2])
output = keras.layers.Dense(1)(concat)
model = keras.Model(inputs=[input_], outputs=[output])
model.summary()
keras.utils.plot_model(model, "wide_and_deep.png", show_shapes=True, show_layer_names=True)

model.compile(loss="mse", optimizer="sgd")
model.fit(train.x, train.y, epochs=EPOCHS, validation_data=valid, verbose=2)
print("Mean squared error on the test set:", model.evaluate(test.x, test.y, verbose=0))
