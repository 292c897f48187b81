"""The network of an estimator: dense layers, their weights as `coefs_` and `intercepts_`, and plans."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import activations, regularizers
from fastmlp._engine import Data
from fastmlp.graph import Graph, Tensor
from fastmlp.layers import Dense, Input
from fastmlp.lowering import FORWARD_BATCH, LossSpec, Lowered, Purpose, lower
from fastmlp.models._arrays import as_rows, as_sparse_rows
from fastmlp.models._samples import Samples, is_sparse
from fastmlp.variables import Variable, allocate

Array = NDArray[Any]

# scikit-learn's names of activations that Keras has under others.
KERAS_NAMES = {"identity": "linear", "logistic": "sigmoid", "exp": "exponential"}


def activation_named(given: str | Callable[..., Any]) -> Callable[..., Any]:
    """Return the activation of scikit-learn's or Keras' name, or the given function of a tensor."""
    return activations.get(KERAS_NAMES.get(given, given) if isinstance(given, str) else given)


class Network:
    """Dense layers one behind another.

    Parameters
    ----------
    sizes : sequence of int
        Of the input, the hidden layers and the output.
    hidden : sequence of str or callable
        The activation of each hidden layer.
    output : str
        The activation of the output.
    dtype : str
        "float32" or "float64".

    Attributes
    ----------
    kernels, biases : list of Variable
        Of the layers: shapes (inputs, units) and (units,).
    variables : list of Variable
        All of these: W and b of the first layer, of the second, ...
    """

    def __init__(
        self, sizes: Sequence[int], hidden: Sequence[str | Callable[..., Any]], output: str, dtype: str
    ) -> None:
        self.sizes = list(sizes)
        self.dtype = dtype
        self._input = Input((sizes[0],), dtype=dtype)
        tensor = self._input
        layers: list[Dense] = []
        for units, activation in zip(sizes[1:], [*map(activation_named, hidden), None], strict=True):
            layers.append(
                Dense(units, activation, kernel_initializer="zeros", dtype=dtype, name=f"dense_{len(layers)}")
            )
            tensor = layers[-1](tensor)
        self._logits: Tensor = tensor
        self._result: Tensor = activation_named(output)(tensor)
        self.kernels: list[Variable] = [layer.kernel for layer in layers]
        self.biases: list[Variable] = [layer.bias for layer in layers if layer.bias is not None]
        self.variables = [v for pair in zip(self.kernels, self.biases, strict=True) for v in pair]
        self._training: tuple[object, Lowered] | None = None  # the last one
        self._forward: dict[bool, Lowered] = {}  # for dense and for sparse rows
        allocate(self.variables)

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

    def to_train(self, batch_size: int, loss: LossSpec, target: tuple[int, ...], alpha: float, sparse: bool) -> Lowered:
        """Return the plan of a loss of the output before its activation.

        Parameters
        ----------
        batch_size : int
            The most rows of a batch.
        loss : LossSpec
            Between output 0 and target 0.
        target : tuple of int
            The shape of one sample of the target.
        alpha : float
            L2 penalty: alpha/2 times the sum of the squares of the kernels is added to the sum of a batch's losses.
        sparse : bool
            Whether rows are those of a CSR matrix.
        """
        purpose = Purpose(batch_size, True, (target,), (loss,), sparse=(0,) if sparse else (), spread=0)
        if self._training is None or self._training[0] != (purpose, alpha):
            for kernel in self.kernels:
                kernel.regularizer = regularizers.L2(alpha / 2) if alpha else None
            self._training = (purpose, alpha), lower(Graph([self._input], [self._logits]), purpose)
        return self._training[1]

    def predict(self, X: Any) -> Array:
        """Return the outputs, shape (rows, outputs), for rows that scikit-learn has validated."""
        rows = readable(X, self.dtype)
        sparse = is_sparse(rows)
        if sparse not in self._forward:
            purpose = Purpose(FORWARD_BATCH, sparse=(0,) if sparse else ())
            self._forward[sparse] = lower(Graph([self._input], [self._result]), purpose)
        lowered = self._forward[sparse]
        lowered.bind()
        outputs = np.empty((rows.shape[0], self.biases[-1].size), self.dtype)
        data = Samples([rows]).data() if sparse else Data((rows,))
        lowered.plan.predict(data, (outputs,), 0, len(outputs))
        return outputs


def readable(X: Any, dtype: str) -> Any:
    """Return rows as the engine reads them: a dense array with contiguous rows, or CSR of the network's dtype."""
    return as_sparse_rows(X, "X", dtype) if is_sparse(X) else as_rows(X, "X", dtype)
