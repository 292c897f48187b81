"""Activation functions and their derivatives: the step has none to follow, hence the smooth ones."""

import fastmlp as keras

keras.plotting.plot_activations(["step", "sigmoid", "tanh", "relu"]).savefig("activation_functions.png")
keras.plotting.plot_activations(["elu", "selu", "gelu", "silu", "softplus"]).savefig("smooth_activations.png")
