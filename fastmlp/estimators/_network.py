"""The network of an estimator: dense layers, their weights as `coefs_` and `intercepts_`, and plans."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import regularizers
from fastmlp._engine import Data
from fastmlp.estimators._activations import Activation, activation_named
from fastmlp.estimators._objectives import Objective
from fastmlp.graph import Graph, Tensor
from fastmlp.layers import Activation as ActivationLayer
from fastmlp.layers import Dense, Dropout, Input, Layer
from fastmlp.lowering import FORWARD_BATCH, Lowered, Purpose, lower
from fastmlp.models import Sequential
from fastmlp.models._arrays import as_rows, as_sparse_rows
from fastmlp.models._samples import Samples, is_sparse
from fastmlp.variables import Variable, allocate

Array = NDArray[Any]


class Network:
    """Dense layers one behind another.

    Parameters
    ----------
    sizes : sequence of int
        Of the input, the hidden layers and the output.
    hidden : sequence of str or callable
        The activation of each hidden layer.
    dropout : sequence of float
        The share of each hidden layer's outputs that training leaves out.
    output : str or callable
        The activation of the output.
    dtype : str
        "float32" or "float64".

    Attributes
    ----------
    kernels, biases : list of Variable
        Of the layers: shapes (inputs, units) and (units,).
    variables : list of Variable
        All of these: W and b of the first layer, of the second, ...
    made_with : tuple
        The parameters that its owner got layers and rates from, to see when they are others.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        hidden: Sequence[Activation],
        dropout: Sequence[float],
        output: Activation,
        dtype: str,
    ) -> None:
        self.made_with: tuple[object, ...] = ()
        self.sizes = list(sizes)
        self.dtype = dtype
        self._input = Input((sizes[0],), dtype=dtype)
        tensor = self._input
        layers: list[Dense] = []
        self._layers: list[Layer] = []
        self._hidden: list[Tensor] = []
        for units, activation, rate in zip(sizes[1:], [*hidden, None], [*dropout, 0.0], strict=True):
            of_layer = None if activation is None else activation_named(activation)
            layers.append(Dense(units, of_layer, kernel_initializer="zeros", dtype=dtype, name=f"dense_{len(layers)}"))
            self._layers.append(layers[-1])
            tensor = layers[-1](tensor)
            _refuse_weights(of_layer)
            if activation is not None:
                self._hidden.append(tensor)
            if rate:
                self._layers.append(Dropout(rate, dtype=dtype, name=f"dropout_{len(layers) - 1}"))
                tensor = self._layers[-1](tensor)
        self._logits: Tensor = tensor
        of_output = activation_named(output)
        self._layers.append(ActivationLayer(of_output, dtype=dtype, name="output"))
        self._result: Tensor = self._layers[-1](tensor)
        _refuse_weights(of_output)
        self.kernels: list[Variable] = [layer.kernel for layer in layers]
        self.biases: list[Variable] = [layer.bias for layer in layers if layer.bias is not None]
        self.variables = [v for pair in zip(self.kernels, self.biases, strict=True) for v in pair]
        self._training: tuple[object, Lowered] | None = None  # the last one
        self._forward: dict[tuple[object, ...], Lowered] = {}  # without training
        self._model: Sequential | None = None
        allocate(self.variables)

    def as_model(self, name: str) -> Sequential:
        """Return a model of the same layers: whoever changes the weights of one changes those of the other."""
        if self._model is None:
            self._model = Sequential([Input((self.sizes[0],), dtype=self.dtype), *self._layers], name=name)
        return self._model

    # Weights

    @property
    def coefs(self) -> list[Array]:
        """Views of the kernels."""
        return [kernel.value for kernel in self.kernels]

    @property
    def intercepts(self) -> list[Array]:
        """Views of the biases."""
        return [bias.value for bias in self.biases]

    def holds(self, coefs: Sequence[Array], intercepts: Sequence[Array]) -> bool:
        """Tell whether arrays are the network's own views of its weights."""
        pairs = zip((*self.kernels, *self.biases), (*coefs, *intercepts), strict=True)
        return all(array is variable.value for variable, array in pairs)

    def adopt(self, coefs: Sequence[Array], intercepts: Sequence[Array]) -> None:
        """Take over weights."""
        for variable, array in zip((*self.kernels, *self.biases), (*coefs, *intercepts), strict=True):
            variable.assign(array)

    def unpack(self, theta: Array) -> None:
        """Take over weights from one vector: all kernels, then all biases, as scikit-learn packs them."""
        first = 0
        for variable in (*self.kernels, *self.biases):
            variable.value[...] = theta[first : first + variable.size].reshape(variable.shape)
            first += variable.size

    def pack(self, of: dict[Variable, Array] | None = None) -> Array:
        """Return the weights as one vector, or arrays that belong to them, in the order of `unpack`."""
        variables = (*self.kernels, *self.biases)
        return np.concatenate([(variable.value if of is None else of[variable]).ravel() for variable in variables])

    # Plans

    def to_train(self, batch_size: int, objective: Objective, alpha: float, sparse: bool) -> Lowered:
        """Return the plan of a loss with its penalty.

        Parameters
        ----------
        batch_size : int
            The most rows of a batch.
        objective : Objective
            The loss.
        alpha : float
            L2 penalty: alpha/2 times the sum of the squares of the kernels is added to the sum of a batch's losses.
        sparse : bool
            Whether rows are those of a CSR matrix.
        """
        purpose = Purpose(
            batch_size, True, (objective.target,), (objective.spec,), sparse=(0,) if sparse else (), spread=0
        )
        if self._training is None or self._training[0] != (purpose, objective, alpha):
            for kernel in self.kernels:
                kernel.regularizer = regularizers.L2(alpha / 2) if alpha else None
            graph = Graph([self._input], [objective.judged(self._logits, self._result)])
            self._training = (purpose, objective, alpha), lower(graph, purpose)
        return self._training[1]

    def loss(self, samples: Samples, objective: Objective, threads: int | None = None) -> float:
        """Return the loss of some rows, a mean over their weights, without penalty and without dropout."""
        key = (objective, bool(samples.sparse))
        if key not in self._forward:
            spec = replace(objective.spec, per="row")
            purpose = Purpose(FORWARD_BATCH, False, (objective.target,), (spec,), sparse=samples.sparse)
            graph = Graph([self._input], [objective.judged(self._logits, self._result)])
            self._forward[key] = lower(graph, purpose)
        lowered = self._forward[key]
        lowered.bind()
        sums = np.zeros((lowered.plan.terms, 2))
        lowered.plan.evaluate(samples.data(), 0, len(samples), FORWARD_BATCH, sums, threads=threads)
        total, rows = sums[0].tolist()
        weights = samples.weights[0] if samples.weights else None
        return float(objective.scale * total / (rows if weights is None else weights.sum()))

    def predict(self, X: Any, threads: int | None = None) -> Array:
        """Return the outputs, shape (rows, outputs), for rows that scikit-learn has validated."""
        return self._computed([self._result], X, threads)[0]

    def hidden_activations(self, X: Any, threads: int | None = None) -> list[Array]:
        """Return the outputs of each hidden layer, shape (rows, units), for such rows."""
        return self._computed(self._hidden, X, threads) if self._hidden else []

    def _computed(self, outputs: list[Tensor], X: Any, threads: int | None) -> list[Array]:
        rows = readable(X, self.dtype)
        sparse = is_sparse(rows)
        key = (outputs[0], sparse)
        if key not in self._forward:
            purpose = Purpose(FORWARD_BATCH, sparse=(0,) if sparse else ())
            self._forward[key] = lower(Graph([self._input], outputs), purpose)
        lowered = self._forward[key]
        lowered.bind()
        arrays = [np.empty((rows.shape[0], *tensor.sample_shape), self.dtype) for tensor in outputs]
        data = Samples([rows]).data() if sparse else Data((rows,))
        lowered.plan.predict(data, arrays, 0, rows.shape[0], threads=threads)
        return arrays


def _refuse_weights(activation: object) -> None:
    """Raise if a layer that was called has weights, for which an estimator has no place."""
    if isinstance(activation, Layer) and activation.weights:
        raise ValueError(f"An activation of an estimator must have no weights. Received: {activation!r}")


def readable(X: Any, dtype: str) -> Any:
    """Return rows as the engine reads them: a dense array with contiguous rows, or CSR of the network's dtype."""
    return as_sparse_rows(X, "X", dtype) if is_sparse(X) else as_rows(X, "X", dtype)
