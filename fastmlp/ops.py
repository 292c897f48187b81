"""The functions on Tensors: each returns a new node of the graph and computes nothing."""

import math
from collections.abc import Sequence
from functools import reduce

from fastmlp.graph import Tensor
from fastmlp.variables import Variable


def placeholder(shape: Sequence[int], dtype: str, name: str) -> Tensor:
    """Return an input: the tensor that stands for an array the caller will bring.

    Parameters
    ----------
    shape : sequence of int
        Shape of one sample.
    dtype : str
        "float32" or "float64", in which the graph computes; the array may hold other numbers.
    name : str
        Name of the input, for messages.
    """
    return Tensor((None, *shape), dtype, "input", name=name)


def identity(x: Tensor) -> Tensor:
    """Return another tensor of the same value."""
    return Tensor(x.shape, x.dtype, "identity", (x,))


def dense(x: Tensor, kernel: Variable, bias: Variable | None = None) -> Tensor:
    """Return `x @ kernel + bias` over the last axis.

    Parameters
    ----------
    x : Tensor
        Shape (None, ..., k).
    kernel : Variable
        Shape (k, n).
    bias : Variable, optional
        Shape (n,).

    Returns
    -------
    Tensor
        Shape (None, ..., n).
    """
    if x.shape[-1] != kernel.shape[0]:
        raise ValueError(
            f"The last axis of the input must have the size of the kernel's first, {kernel.shape[0]}. "
            f"Received: input of shape {x.shape}, kernel of shape {kernel.shape}"
        )
    variables = (kernel,) if bias is None else (kernel, bias)
    return Tensor((*x.shape[:-1], kernel.shape[1]), x.dtype, "dense", (x,), variables)


def activation(x: Tensor, name: str, scalars: Sequence[float] = ()) -> Tensor:
    """Return the engine's activation `name`, element by element; "softmax" works along the last axis."""
    return Tensor(x.shape, x.dtype, "activation", (x,), (), name, tuple(map(float, scalars)))


def noise(x: Tensor, kind: str, amount: float, seed: int | None = None, *, always: bool = False) -> Tensor:
    """Return `x` with random noise, in training; otherwise `x`.

    Parameters
    ----------
    x : Tensor
        Any shape.
    kind : str
        "dropout": a share of zeros, the others scaled by 1 / (1 - share); "alpha_dropout", for selu; "gaussian_dropout",
        a factor of mean 1 and variance share / (1 - share); "gaussian_noise", a summand of mean 0; "bernoulli": 1, or 0
        for a share, whatever x is.
    amount : float
        The share, in [0, 1); for "gaussian_noise" the standard deviation.
    seed : int, optional
        Tells this op's stream from others'; by default its position in the graph does.
    always : bool
        Also outside training.
    """
    scalars = (float(amount),) if seed is None else (float(amount), float(seed))
    return Tensor(x.shape, x.dtype, "noise", (x,), (), kind, scalars, training=True if always else None)


def reshape(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the samples of `x` in another shape; one size may be -1 and is found from the others."""
    size = math.prod(x.sample_shape)
    known = math.prod(n for n in shape if n != -1)
    new = tuple(int(size // known if n == -1 and known > 0 else n) for n in shape)
    if list(shape).count(-1) > 1 or math.prod(new) != size or min(new, default=1) < 1:
        raise ValueError(f"Cannot reshape samples of shape {x.sample_shape} into `shape`. Received: {tuple(shape)}")
    return Tensor((None, *new), x.dtype, "reshape", (x,))


def add(tensors: Sequence[Tensor]) -> Tensor:
    """Return the sum of two or more tensors of one shape."""
    _check_one_shape("add", tensors)
    return Tensor(tensors[0].shape, tensors[0].dtype, "add", tuple(tensors))


def multiply(tensors: Sequence[Tensor]) -> Tensor:
    """Return the product, element by element, of two or more tensors of one shape."""
    _check_one_shape("multiply", tensors)
    # The engine multiplies two: the derivative of each factor is the other.
    return reduce(lambda x, y: Tensor(x.shape, x.dtype, "multiply", (x, y)), tensors)


def concatenate(tensors: Sequence[Tensor], axis: int = -1) -> Tensor:
    """Return two or more tensors side by side along `axis`, which is not the batch's; other sizes must agree."""
    _check_several("concatenate", tensors)
    first = tensors[0]
    rank = len(first.shape)
    if not isinstance(axis, int) or axis % rank == 0 or not -rank <= axis < rank:
        raise ValueError(f"`axis` must be one of the axes 1 to {rank - 1}. Received: axis={axis!r}")
    along = axis % rank
    if any(x.shape[:along] != first.shape[:along] or x.shape[along + 1 :] != first.shape[along + 1 :] for x in tensors):
        raise ValueError(
            f"concatenate expects tensors that differ along axis {axis} only. "
            f"Received shapes: {[x.shape for x in tensors]}"
        )
    shape = list(first.sample_shape)
    shape[along - 1] = sum(x.sample_shape[along - 1] for x in tensors)
    # The engine joins columns: seen as matrices of (axes before `along`, the others), any axis is along the columns.
    rows = math.prod(first.sample_shape[: along - 1])
    matrices = tuple(reshape(x, (rows, -1)) for x in tensors)
    joined = Tensor((None, rows, sum(x.sample_shape[1] for x in matrices)), first.dtype, "concatenate", matrices)
    return reshape(joined, shape)


def _check_several(op: str, tensors: Sequence[Tensor]) -> None:
    if not isinstance(tensors, list | tuple) or len(tensors) < 2 or not all(isinstance(x, Tensor) for x in tensors):
        raise ValueError(f"{op} expects a list of two or more tensors. Received: {tensors!r}")


def _check_one_shape(op: str, tensors: Sequence[Tensor]) -> None:
    _check_several(op, tensors)
    if any(x.shape != tensors[0].shape for x in tensors):
        raise ValueError(f"{op} expects tensors of one shape. Received shapes: {[x.shape for x in tensors]}")
