"""The layers, under Keras' names."""

from fastmlp.layers._configs import deserialize, registry, serialize
from fastmlp.layers.activation import Activation
from fastmlp.layers.activity_regularization import ActivityRegularization
from fastmlp.layers.batch_normalization import BatchNormalization
from fastmlp.layers.category_encoding import CategoryEncoding
from fastmlp.layers.dense import Dense
from fastmlp.layers.dropout import AlphaDropout, Dropout
from fastmlp.layers.embedding import Embedding
from fastmlp.layers.flatten import Flatten
from fastmlp.layers.gaussian_noise import GaussianDropout, GaussianNoise
from fastmlp.layers.identity import Identity
from fastmlp.layers.input_layer import Input, InputLayer
from fastmlp.layers.lambda_layer import Lambda
from fastmlp.layers.layer import Layer
from fastmlp.layers.layer_normalization import LayerNormalization
from fastmlp.layers.masking import Masking
from fastmlp.layers.merging.concatenate import Concatenate, concatenate
from fastmlp.layers.merging.dot import Dot, dot
from fastmlp.layers.merging.elementwise import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    maximum,
    minimum,
    multiply,
    subtract,
)
from fastmlp.layers.normalization import Normalization
from fastmlp.layers.permute import Permute
from fastmlp.layers.rectifiers import ELU, LeakyReLU, PReLU, ReLU
from fastmlp.layers.repeat_vector import RepeatVector
from fastmlp.layers.rescaling import Rescaling
from fastmlp.layers.reshape import Reshape
from fastmlp.layers.softmax import Softmax
from fastmlp.layers.unit_normalization import UnitNormalization

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "CategoryEncoding",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Subtract",
    "UnitNormalization",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]

for _name in __all__:
    if isinstance(_cls := globals()[_name], type) and _cls is not Layer:
        registry.add()(_cls)
