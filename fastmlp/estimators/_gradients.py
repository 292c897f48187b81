"""Derivatives of outputs by inputs: the rows are the parameter of the engine's reverse pass, weights are constants."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import ops
from fastmlp._engine import Data
from fastmlp.estimators._activations import activation_named, of_layers
from fastmlp.estimators._network import readable
from fastmlp.graph import Graph, Tensor
from fastmlp.layers import Input, Layer
from fastmlp.lowering import LossSpec, Purpose, lower
from fastmlp.models._data.samples import is_sparse
from fastmlp.variables import Variable, allocate

if TYPE_CHECKING:
    from fastmlp.estimators._mlp import BaseMLP

Array = NDArray[Any]

_ROWS = 512  # differentiated at once


def input_gradients(estimator: "BaseMLP", X: Any, output: int | None) -> Array:
    """Return the derivatives for validated rows; see `BaseMLP.input_gradients`."""
    outputs = estimator.n_outputs_
    if output is not None and not (isinstance(output, int | np.integer) and 0 <= output < outputs):
        raise ValueError(f"output must be an integer from 0 to {outputs - 1}. Received: {output!r}")
    wanted = list(range(outputs)) if output is None else [int(output)]
    X = readable(X, estimator.coefs_[0].dtype.name)
    gradients = np.empty((X.shape[0], len(wanted), X.shape[1]), estimator.coefs_[0].dtype)
    reverse = _Reverse(estimator, min(_ROWS, X.shape[0]))
    for first in range(0, X.shape[0], _ROWS):
        rows = X[first : first + _ROWS]
        block = rows.toarray() if is_sparse(rows) else rows
        for place, number in enumerate(wanted):
            gradients[first : first + len(block), place] = reverse(block, number)
    return gradients[:, 0] if len(wanted) == 1 else gradients


class _Reverse:
    """The network with its rows as a parameter.

    Parameters
    ----------
    estimator : BaseMLP
        Fitted.
    rows : int
        The most rows at once.
    """

    def __init__(self, estimator: "BaseMLP", rows: int) -> None:
        dtype = estimator.coefs_[0].dtype.name
        self._x = Variable((rows, estimator.coefs_[0].shape[0]), dtype, name="x")
        self._share = Variable((estimator.n_outputs_,), dtype, name="share", trainable=False)
        self._gradient = Variable(self._x.shape, dtype, name="x_gradient")
        hidden = of_layers("activation", estimator.activation, len(estimator.coefs_) - 1)
        tensor, of_activations = ops.identity(self._x), iter(estimator._of_activations)
        for kernel, bias, activation in zip(
            estimator.coefs_, estimator.intercepts_, [*hidden, estimator.out_activation_], strict=True
        ):
            weights = [_constant(kernel, dtype), _constant(bias, dtype)]
            found = activation_named(activation, dtype)
            tensor = found(ops.dense(tensor, *weights))
            if isinstance(found, Layer):
                for variable in found.variables:
                    variable.assign(next(of_activations))
        total: Tensor = ops.sum(tensor * self._share)
        unread = Input((1,), dtype=dtype)
        purpose = Purpose(1, losses=(LossSpec("value", 0, None),))
        self._lowered = lower(Graph([unread], [total]), purpose)
        allocate([self._gradient])
        others = {v: Variable(v.shape, dtype) for v in self._lowered.variables if v is not self._x}
        self._lowered.bind(gradients=[others.get(v, self._gradient) for v in self._lowered.variables])
        self._data = Data((np.zeros((1, 1), dtype),))
        self._threads = estimator.n_threads

    def __call__(self, rows: Array, output: int) -> Array:
        """Return the derivatives of one output for dense rows, as many as there is room for or fewer."""
        self._x.value[: len(rows)] = rows
        self._share.value[:] = np.arange(self._share.size) == output
        sums = np.zeros((self._lowered.plan.terms, 2))
        self._lowered.plan.gradient(self._data, None, 0, 1, sums, threads=self._threads)
        return self._gradient.value[: len(rows)]


def _constant(array: Array, dtype: str) -> Variable:
    variable = Variable(array.shape, dtype, trainable=False)
    variable.assign(array)
    return variable
