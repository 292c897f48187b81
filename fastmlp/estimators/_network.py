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
from fastmlp.models._data.arrays import as_rows, as_sparse_rows
from fastmlp.models._data.samples import Samples, is_sparse
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
    others : list of Variable
        Those of activations that are layers, which have some.
    variables : list of Variable
        All of these: W and b of the first layer, what its activation has, those of the second, ...
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
        self._hidden: list[Tensor] = []
        self._layers: list[Layer] = []
        for units, activation, rate in zip(sizes[1:], [*hidden, None], [*dropout, 0.0], strict=True):
            tensor = self._stack(units, activation, tensor)
            if activation is not None:
                self._hidden.append(tensor)
            if rate:
                self._layers.append(Dropout(rate, dtype=dtype))
                tensor = self._layers[-1](tensor)
        self._logits: Tensor = tensor
        self._of_output = activation_named(output, dtype)
        self._result = _of_units(self._of_output(tensor), sizes[-1], output)
        if isinstance(self._of_output, Layer):
            self._layers.append(self._of_output)
        _refuse_constants(self._layers)
        dense = [layer for layer in self._layers if isinstance(layer, Dense)]
        self.kernels: list[Variable] = [layer.kernel for layer in dense]
        self.biases: list[Variable] = [layer.bias for layer in dense if layer.bias is not None]
        self.variables = [variable for layer in self._layers for variable in layer.variables]
        self.others = [v for layer in self._layers if not isinstance(layer, Dense) for v in layer.variables]
        self._packed = [*self.kernels, *self.biases, *self.others]
        self._training: tuple[object, Lowered] | None = None  # the last one
        self._forward: dict[tuple[object, ...], Lowered] = {}  # without training
        self._model: Sequential | None = None
        allocate(self.variables)

    def as_model(self, name: str) -> Sequential:
        """Return a model of the same layers: whoever changes the weights of one changes those of the other."""
        if self._model is None:
            last = [] if isinstance(self._of_output, Layer) else [ActivationLayer(self._of_output, dtype=self.dtype)]
            self._model = Sequential([Input((self.sizes[0],), dtype=self.dtype), *self._layers, *last], name=name)
        return self._model

    def _stack(self, units: int, activation: Activation | None, tensor: Tensor) -> Tensor:
        """Put a dense layer on top, and its activation as one of its own if it is a layer; return what comes out."""
        found = None if activation is None else activation_named(activation, self.dtype)
        own = isinstance(found, Layer)
        name = f"dense_{sum(isinstance(layer, Dense) for layer in self._layers)}"
        dense = Dense(units, None if own else found, kernel_initializer="zeros", dtype=self.dtype, name=name)
        self._layers.append(dense)
        tensor = dense(tensor)
        if isinstance(found, Layer):
            self._layers.append(found)
            tensor = found(tensor)
        return _of_units(tensor, units, activation)

    @property
    def draws(self) -> bool:
        """Whether training draws random numbers: for dropout, or for noise of an activation."""
        return Graph([self._input], [self._result]).draws

    # Weights

    @property
    def coefs(self) -> list[Array]:
        """Views of the kernels."""
        return [kernel.value for kernel in self.kernels]

    @property
    def intercepts(self) -> list[Array]:
        """Views of the biases."""
        return [bias.value for bias in self.biases]

    @property
    def of_activations(self) -> list[Array]:
        """Views of the weights of activations."""
        return [variable.value for variable in self.others]

    def holds(self, coefs: Sequence[Array], intercepts: Sequence[Array], of_activations: Sequence[Array]) -> bool:
        """Tell whether arrays are the network's own views of its weights."""
        arrays = (*coefs, *intercepts, *of_activations)
        return len(arrays) == len(self._packed) and all(
            array is variable.value for variable, array in zip(self._packed, arrays, strict=True)
        )

    def adopt(self, coefs: Sequence[Array], intercepts: Sequence[Array], of_activations: Sequence[Array]) -> None:
        """Take over weights."""
        for variable, array in zip(self._packed, (*coefs, *intercepts, *of_activations), strict=True):
            variable.assign(array)

    def unpack(self, theta: Array) -> None:
        """Take over weights from one vector: kernels, then biases, as scikit-learn packs them, then the others."""
        first = 0
        for variable in self._packed:
            variable.value[...] = theta[first : first + variable.size].reshape(variable.shape)
            first += variable.size

    def pack(self, of: dict[Variable, Array] | None = None) -> Array:
        """Return the weights as one vector, or arrays that belong to them, in the order of `unpack`."""
        return np.concatenate([(v.value if of is None else of[v]).ravel() for v in self._packed])

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


def _of_units(tensor: Any, units: int, activation: Activation | None) -> Tensor:
    """Return what an activation gives, a number for each unit, or raise."""
    if not isinstance(tensor, Tensor) or tensor.shape != (None, units):
        raise ValueError(
            f"An activation of an estimator must give a number for each of the {units} units. "
            f"Received: {activation!r}, which gives {tensor!r}"
        )
    return tensor


def _refuse_constants(layers: Sequence[Layer]) -> None:
    """Raise if a layer keeps numbers that are not trained, such as the means of batches."""
    for layer in layers:
        if layer.non_trainable_variables:
            raise ValueError(f"An activation of an estimator must train all its weights. Received: {layer!r}")


def readable(X: Any, dtype: str) -> Any:
    """Return rows as the engine reads them: a dense array with contiguous rows, or CSR of the network's dtype."""
    return as_sparse_rows(X, "X", dtype) if is_sparse(X) else as_rows(X, "X", dtype)
