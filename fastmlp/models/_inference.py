"""Inference: the short way from one array to a prediction."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._engine import Data
from fastmlp.lowering import Lowered
from fastmlp.models._data.arrays import READABLE
from fastmlp.variables import layout_version

Array = NDArray[Any]


class Inference:
    """A model of one input and one output, ready to run.

    `model(x)` on one row takes as long as the Python around it, so this does only what must be done.

    Parameters
    ----------
    lowered : Lowered
        A plan without dropout.
    input_shape, output_shape : tuple of int
        Shapes of one sample.
    dtype : str
        Of the output.
    """

    def __init__(
        self, lowered: Lowered, input_shape: tuple[int, ...], output_shape: tuple[int, ...], dtype: str
    ) -> None:
        self._lowered = lowered
        self._input_shape = input_shape
        self._output_shape = output_shape
        self._dtype = np.dtype(dtype)
        self._layout = -1

    def accepts(self, x: Array) -> bool:
        """Tell whether `x` can be read as it is; if not, the general way converts it or says what is wrong."""
        flags = x.flags
        fits = x.shape[1:] == self._input_shape and x.size > 0
        return fits and x.dtype in READABLE and flags.c_contiguous and flags.aligned

    def __call__(self, x: Array) -> Array:
        """Return the predictions for an array that `accepts` accepted."""
        rows = len(x)
        y = np.empty((rows, *self._output_shape), self._dtype)
        layout = layout_version()
        if layout != self._layout:
            self._lowered.bind()
            self._layout = layout
        self._lowered.plan.predict(Data((x,)), (y,), 0, rows)
        return y
