"""Normalization: inputs brought to mean 0 and variance 1 by what is known of the data."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import ops
from fastmlp.graph import Shape, Tensor
from fastmlp.layers.layer import Layer
from fastmlp.variables import as_numbers

Array = NDArray[Any]

_SMALLEST = 1e-7  # standard deviation that is divided by


class Normalization(Layer):
    """Compute `(inputs - mean) / sqrt(variance)`, with a mean and variance for each feature.

    They are given, or found by `adapt` before the training.

    Parameters
    ----------
    axis : int or sequence of int, optional
        The axis or axes of the features, each place along which has a mean and variance of its own; None: one mean and
        variance for all.
    mean, variance : float or array, optional
        Given both, nothing needs to be found.
    invert : bool
        Compute `inputs * sqrt(variance) + mean` instead.
    **kwargs
        As for Layer.

    Attributes
    ----------
    mean, variance : numpy.ndarray
        Of the shape of a batch of one sample, 1 along all axes but `axis`; once the layer is built.
    """

    single_input = True

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: ArrayLike | None = None,
        variance: ArrayLike | None = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        self.axis = axis
        self.input_mean = mean
        self.input_variance = variance
        self.invert = invert
        if (mean is None) != (variance is None) or np.shape(mean) != np.shape(variance):  # type: ignore[arg-type]
            raise ValueError(
                "`mean` and `variance` must be given both, or neither, and be of one shape. "
                f"Received: mean={mean!r}, variance={variance!r}"
            )
        super().__init__(**kwargs)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {
            "axis": self.axis,
            "mean": None if self.input_mean is None else np.asarray(self.input_mean).tolist(),
            "variance": None if self.input_variance is None else np.asarray(self.input_variance).tolist(),
            "invert": self.invert,
        }
        return {**super().get_config(), **own}

    def build(self, input_shape: Shape) -> None:
        """Make the variables for inputs of shape (None, ...)."""
        rank = len(input_shape)
        given = () if self.axis is None else tuple(self.axis) if isinstance(self.axis, list | tuple) else (self.axis,)
        self._axes = tuple(sorted({axis % rank for axis in given if -rank <= axis < rank}))
        if len(self._axes) != len(given) or 0 in self._axes:
            raise ValueError(f"`axis` must be among the axes 1 to {rank - 1} of the input. Received: axis={self.axis}")
        self._broadcast = tuple(size or 1 if i in self._axes else 1 for i, size in enumerate(input_shape))
        shape = tuple(self._broadcast[axis] for axis in self._axes)
        if self.input_mean is None:
            self._mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
            self._variance = self.add_weight(shape, "ones", trainable=False, name="variance")
            self.count = self.add_weight((), "zeros", trainable=False, name="count")
        self.built = True

    @property
    def mean(self) -> Array:
        """The mean of each feature."""
        return self._statistic(self.input_mean, "_mean")

    @property
    def variance(self) -> Array:
        """The variance of each feature."""
        return self._statistic(self.input_variance, "_variance")

    def _statistic(self, given: ArrayLike | None, attribute: str) -> Array:
        if not self.built:
            raise AttributeError(f"Layer '{self.name}' is not built yet: call `adapt`, or the layer, first.")
        if given is None:
            value: Array = getattr(self, attribute).numpy()
            return value.reshape(self._broadcast)
        array = np.asarray(given, self.dtype)
        # Axes of the array are the last ones of the features.
        sizes = [1] * len(self._broadcast)
        for size, axis in zip(reversed(array.shape), reversed(self._axes), strict=False):
            sizes[axis] = size
        return np.broadcast_to(array.reshape(sizes), self._broadcast)

    def adapt(self, data: Any) -> None:
        """Set mean and variance to those of the data.

        Parameters
        ----------
        data : array, DataFrame or iterable of batches
            Its first axis is the batch's. Of batches that are tuples, the first element is looked at.
        """
        if self.input_mean is not None:
            raise ValueError(f"Layer '{self.name}' was given its mean and variance, there is nothing to adapt.")
        count, mean, variance = 0, np.float64(0), np.float64(0)
        for batch in _batches(data, self.name):
            if not self.built:
                self.build((None, *batch.shape[1:]))
            sizes = tuple(batch.shape[axis] if axis in self._axes else 1 for axis in range(batch.ndim))
            if sizes != self._broadcast:
                raise ValueError(
                    f"Layer '{self.name}' is built for features of shape {self._broadcast}. "
                    f"Received data of shape: {batch.shape}"
                )
            reduced = tuple(axis for axis in range(batch.ndim) if axis not in self._axes)
            new = batch.size // np.prod(sizes, dtype=int)
            # Chan, Golub and LeVeque, 1979: the mean and variance of two sets together.
            share = new / (count + new)
            distance = batch.mean(axis=reduced) - mean
            mean = mean + share * distance
            variance = (1 - share) * variance + share * batch.var(axis=reduced) + share * (1 - share) * distance**2
            count += new
        if not count:
            raise ValueError(f"`data` must hold one sample or more. Received: {data!r}")
        self._mean.assign(mean)
        self._variance.assign(variance)

    def call(self, inputs: Tensor) -> Tensor:
        """Return a tensor of the same shape."""
        if self.input_mean is None:
            mean, variance = (ops.reshape(v, self._broadcast[1:]) for v in (self._mean, self._variance))
        else:
            mean, variance = self.mean[0], self.variance[0]
        deviation = ops.maximum(ops.sqrt(variance), _SMALLEST)
        outputs: Tensor
        if self.invert:
            outputs = ops.add(mean, ops.multiply(inputs, deviation))
        else:
            outputs = ops.divide(ops.subtract(inputs, mean), deviation)
        return outputs


def _batches(data: Any, name: str) -> Iterable[Array]:
    """Yield the data in float64, batch by batch."""
    if not hasattr(data, "shape") and isinstance(data, Iterable):
        batches = list(data) if isinstance(data, list | tuple) else data
        if not isinstance(batches, list) or all(isinstance(each, tuple) or np.ndim(each) > 1 for each in batches):
            for batch in batches:
                yield as_numbers(batch[0] if isinstance(batch, tuple) else batch, name).astype(np.float64)
            return
    yield as_numbers(data, name).astype(np.float64)
