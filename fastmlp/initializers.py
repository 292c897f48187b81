"""Initializers: where a variable's first values come from.

An initializer is called with a shape and a dtype. Without a `seed` it draws from fastmlp's generator, so that
`set_random_seed` makes a whole program repeatable; with one, every call returns the same values. Values are drawn in
float64: models of either dtype start from the same numbers.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import config, random
from fastmlp._registry import Configured, Registry

Array = NDArray[Any]
Shape = Sequence[int]

# Standard deviation of a standard normal that is re-drawn beyond two sigma.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer(Configured):
    """The base of all initializers; one of your own overrides `__call__` and, to be saved, `get_config`."""

    def __call__(self, shape: Shape, dtype: str | None = None) -> Array:
        """Return an array of that shape and dtype (`floatx()` by default)."""
        return np.asarray(self._draw(tuple(shape)), config.standardize_dtype(dtype))

    def _draw(self, shape: tuple[int, ...]) -> Array:
        """Return the values in float64."""
        raise NotImplementedError(f"{type(self).__name__} must implement `__call__`.")


_registry: Registry[Initializer] = Registry("initializer")


@_registry.add("zero")
class Zeros(Initializer):
    """All zeros."""

    def _draw(self, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape)


@_registry.add("one")
class Ones(Initializer):
    """All ones."""

    def _draw(self, shape: tuple[int, ...]) -> Array:
        return np.ones(shape)


@_registry.add()
class Constant(Initializer):
    """One number everywhere, or the values of an array that has the variable's shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def _draw(self, shape: tuple[int, ...]) -> Array:
        return np.broadcast_to(np.asarray(self.value, np.float64), shape)


@_registry.add("IdentityInitializer")
class Identity(Initializer):
    """`gain` times the identity matrix, for square or other matrices."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def _draw(self, shape: tuple[int, ...]) -> Array:
        if len(shape) != 2:
            raise ValueError(f"Identity makes matrices only. Received: shape={shape}")
        return self.gain * np.eye(*shape)


class RandomInitializer(Initializer):
    """The base of those that draw at random.

    Parameters
    ----------
    seed : int, optional
        With it every call returns the same values.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = None if seed is None else random.check_seed(seed)

    def generator(self) -> np.random.Generator:
        """Return the generator to draw from."""
        return random.generator() if self.seed is None else np.random.default_rng(self.seed)


@_registry.add("normal")
class RandomNormal(RandomInitializer):
    """Normally distributed with `mean` and `stddev`."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def _draw(self, shape: tuple[int, ...]) -> Array:
        return self.generator().normal(self.mean, self.stddev, shape)


@_registry.add()
class TruncatedNormal(RandomNormal):
    """As RandomNormal, but values beyond two `stddev` from `mean` are drawn again."""

    def _draw(self, shape: tuple[int, ...]) -> Array:
        return self.mean + self.stddev * _truncated_normal(self.generator(), shape)


@_registry.add("uniform")
class RandomUniform(RandomInitializer):
    """Uniformly distributed in [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def _draw(self, shape: tuple[int, ...]) -> Array:
        return self.generator().uniform(self.minval, self.maxval, shape)


@_registry.add()
class VarianceScaling(RandomInitializer):
    """Mean zero and variance `scale / n`, n being the number of inputs, of outputs, or their mean.

    Parameters
    ----------
    scale : float
        Positive.
    mode : str
        "fan_in", "fan_out" or "fan_avg".
    distribution : str
        "truncated_normal", "untruncated_normal" or "uniform"; "normal" is the first.
    seed : int, optional
        See RandomInitializer.
    input_axes, output_axes : sequence of int, optional
        The axes whose sizes, multiplied, are the numbers of inputs and of outputs of a unit; by default the last axis
        counts outputs, the one before inputs, and those in front, of convolutions, both.
    """

    _modes = ("fan_in", "fan_out", "fan_avg")
    _distributions = ("truncated_normal", "untruncated_normal", "uniform")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(seed)
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if not scale > 0:
            raise ValueError(f"`scale` must be a positive number. Received: scale={scale}")
        if mode not in self._modes:
            raise ValueError(f"`mode` must be one of {self._modes}. Received: mode={mode!r}")
        if distribution not in self._distributions:
            raise ValueError(
                f"`distribution` must be one of {self._distributions}. Received: distribution={distribution!r}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def _draw(self, shape: tuple[int, ...]) -> Array:
        fan_in, fan_out = _fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3.0) * stddev
            return self.generator().uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return self.generator().normal(0.0, stddev, shape)
        return stddev / _TRUNCATED_STDDEV * _truncated_normal(self.generator(), shape)


class _Scaled(VarianceScaling):
    """A VarianceScaling whose settings its name says."""

    _settings: tuple[float, str, str]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self._settings, seed, input_axes, output_axes)


@_registry.add()
class GlorotUniform(_Scaled):
    """Uniform, variance 2 / (fan_in + fan_out): Glorot and Bengio, AISTATS 2010."""

    _settings = (1.0, "fan_avg", "uniform")


@_registry.add()
class GlorotNormal(_Scaled):
    """Truncated normal, variance 2 / (fan_in + fan_out): Glorot and Bengio, AISTATS 2010."""

    _settings = (1.0, "fan_avg", "truncated_normal")


@_registry.add()
class HeUniform(_Scaled):
    """Uniform, variance 2 / fan_in, for relu: He et al., arXiv:1502.01852."""

    _settings = (2.0, "fan_in", "uniform")


@_registry.add()
class HeNormal(_Scaled):
    """Truncated normal, variance 2 / fan_in, for relu: He et al., arXiv:1502.01852."""

    _settings = (2.0, "fan_in", "truncated_normal")


@_registry.add()
class LecunUniform(_Scaled):
    """Uniform, variance 1 / fan_in: LeCun et al., Efficient BackProp, 1998."""

    _settings = (1.0, "fan_in", "uniform")


@_registry.add()
class LecunNormal(_Scaled):
    """Truncated normal, variance 1 / fan_in, for selu: Klambauer et al., arXiv:1706.02515."""

    _settings = (1.0, "fan_in", "truncated_normal")


@_registry.add("OrthogonalInitializer")
class Orthogonal(RandomInitializer):
    """`gain` times a matrix with orthonormal rows or columns, uniformly chosen: Saxe et al., arXiv:1312.6120.

    Axes before the last count as one.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def _draw(self, shape: tuple[int, ...]) -> Array:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal makes matrices, of two axes or more. Received: shape={shape}")
        rows, cols = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(self.generator().standard_normal((max(rows, cols), min(rows, cols))))
        q *= np.sign(np.diag(r))  # makes the decomposition, and so the distribution, the uniform one
        return self.gain * (q if rows >= cols else q.T).reshape(shape)


IdentityInitializer = identity = Identity
OrthogonalInitializer = orthogonal = Orthogonal
zeros, ones, constant = Zeros, Ones, Constant
random_normal, truncated_normal, random_uniform = RandomNormal, TruncatedNormal, RandomUniform
variance_scaling = VarianceScaling
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal


def _truncated_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw from the standard normal, again where a value lies beyond 2."""
    values = generator.standard_normal(math.prod(shape))
    outside = np.flatnonzero(np.abs(values) > 2)
    while outside.size:
        values[outside] = generator.standard_normal(outside.size)
        outside = outside[np.abs(values[outside]) > 2]
    return values.reshape(shape)


def _fans(
    shape: tuple[int, ...], input_axes: Sequence[int] | None, output_axes: Sequence[int] | None
) -> tuple[float, float]:
    """Return the numbers of inputs and of outputs of one unit."""
    if input_axes is not None and output_axes is not None:
        return float(math.prod(shape[i] for i in input_axes)), float(math.prod(shape[i] for i in output_axes))
    if len(shape) < 2:
        size = float(math.prod(shape))
        return size, size
    field = math.prod(shape[:-2])
    return float(shape[-2] * field), float(shape[-1] * field)


def get(identifier: str | dict[str, Any] | Callable[..., Any]) -> Callable[..., Any]:
    """Return an initializer from a name, a class, a config, or itself (any function of shape and dtype will do).

    Raises
    ------
    ValueError
        If the name is unknown; the message lists those that are known.
    """
    return _registry.get(identifier)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """Return the class name and the config of an initializer."""
    return _registry.serialize(initializer)


def deserialize(config: dict[str, Any] | str, custom_objects: Mapping[str, Any] | None = None) -> Initializer:
    """Make an initializer from what `serialize` returned."""
    return _registry.deserialize(config, custom_objects)
