"""The layers, under Keras' names."""

from fastmlp.layers._configs import deserialize, registry, serialize
from fastmlp.layers.activation import Activation
from fastmlp.layers.dense import Dense
from fastmlp.layers.dropout import Dropout
from fastmlp.layers.flatten import Flatten
from fastmlp.layers.input_layer import Input, InputLayer
from fastmlp.layers.layer import Layer
from fastmlp.layers.merging.add import Add, add
from fastmlp.layers.merging.concatenate import Concatenate, concatenate
from fastmlp.layers.merging.multiply import Multiply, multiply
from fastmlp.layers.reshape import Reshape

__all__ = [
    "Activation",
    "Add",
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "Multiply",
    "Reshape",
    "add",
    "concatenate",
    "deserialize",
    "multiply",
    "serialize",
]

for _name in __all__:
    if isinstance(_cls := globals()[_name], type) and _cls is not Layer:
        registry.add()(_cls)
