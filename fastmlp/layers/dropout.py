"""Random zeros in training, against overfitting."""

import math
from collections.abc import Sequence
from typing import Any

from fastmlp import ops, random
from fastmlp.graph import Tensor
from fastmlp.layers._checks import share
from fastmlp.layers.layer import Layer
from fastmlp.ops import nodes

_SELU_LOWEST = -1.7580993408473766  # the limit of selu for very negative numbers


class Dropout(Layer):
    """Set a random share of the elements to zero in training and scale the others up: arXiv:1207.0580.

    Parameters
    ----------
    rate : float
        Share of zeros, in [0, 1).
    noise_shape : sequence of int or None, optional
        The shape of a batch, or 1 for axes along which all elements share their fate; None for sizes that stay.
    seed : int, optional
        Tells this layer's draws from those of others, which by default their places in the model do.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        self.rate = share("rate", rate)
        self.noise_shape = _check_noise_shape(noise_shape)
        self.seed = None if seed is None else random.check_seed(seed)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return a tensor of the same shape; `training` True or False overrides what the model is doing."""
        if training is False or self.rate == 0:
            return inputs
        always = bool(training)
        if self.noise_shape is None:
            return nodes.noise(inputs, "dropout", self.rate, self.seed, always=always)
        kept = _kept(inputs, self.rate, self.noise_shape, self.seed, always)
        dropped = ops.multiply(inputs, ops.multiply(kept, 1 / (1 - self.rate)))
        outputs: Tensor = ops.where(nodes.in_training(inputs.dtype, always=always), dropped, inputs)
        return outputs


class AlphaDropout(Layer):
    """Set a random share of selu's outputs to its least value in training: Klambauer et al., arXiv:1706.02515.

    All elements are then scaled and shifted so that mean 0 and variance 1 stay.

    Parameters
    ----------
    rate : float
        That share, in [0, 1).
    noise_shape : sequence of int or None, optional
        As for Dropout.
    seed : int, optional
        Tells this layer's draws from those of others, which by default their places in the model do.
    **kwargs
        As for Layer.
    """

    single_input = True

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        self.rate = share("rate", rate)
        self.noise_shape = _check_noise_shape(noise_shape)
        self.seed = None if seed is None else random.check_seed(seed)
        super().__init__(**kwargs)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return a tensor of the same shape; `training` True or False overrides what the model is doing."""
        if training is False or self.rate == 0:
            return inputs
        always = bool(training)
        if self.noise_shape is None:
            return nodes.noise(inputs, "alpha_dropout", self.rate, self.seed, always=always)
        kept = _kept(inputs, self.rate, self.noise_shape, self.seed, always)
        factor = 1 / math.sqrt((1 - self.rate) * (1 + self.rate * _SELU_LOWEST**2))
        shift = -factor * self.rate * _SELU_LOWEST
        noisy = ops.add(ops.multiply(factor, ops.where(kept, inputs, _SELU_LOWEST)), shift)
        outputs: Tensor = ops.where(nodes.in_training(inputs.dtype, always=always), noisy, inputs)
        return outputs


def _kept(x: Tensor, rate: float, noise_shape: tuple[int | None, ...], seed: int | None, always: bool) -> Tensor:
    """Return ones, and zeros for a share `rate`, in a shape that is broadcast to that of x."""
    sizes = tuple(size if given is None else given for size, given in zip(x.shape, noise_shape, strict=False))
    if len(noise_shape) != x.ndim or any(
        size not in (1, own) for size, own in zip(sizes, x.shape, strict=True) if size is not None
    ):
        raise ValueError(
            f"`noise_shape` must have the sizes of the input, {x.shape}, or 1. Received: noise_shape={noise_shape}"
        )
    if sizes[0] is None:
        first = (0,) * math.prod(size or 1 for size in sizes)  # any element will do, only the shape is looked at
        place = nodes.take_elements(x, first, [size or 1 for size in sizes[1:]])
    else:
        place = nodes.constant(0.0, [size or 1 for size in sizes[1:]], x.dtype)
    return nodes.noise(place, "bernoulli", rate, seed, always=always)


def _check_noise_shape(noise_shape: Any) -> tuple[int | None, ...] | None:
    if noise_shape is None:
        return None
    sizes = tuple(noise_shape) if isinstance(noise_shape, list | tuple) else ()
    if not sizes or not all(size is None or (isinstance(size, int) and size > 0) for size in sizes):
        raise ValueError(
            f"`noise_shape` must be a tuple of positive integers or None. Received: noise_shape={noise_shape!r}"
        )
    return sizes
