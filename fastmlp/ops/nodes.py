"""The nodes of a graph, one function for each op of the engine; nothing is broadcast or converted here."""

import math
from collections.abc import Sequence

from fastmlp.graph import Shape, Tensor
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
        "dropout": a share of zeros, the others scaled by 1 / (1 - share); "alpha_dropout", for selu;
        "gaussian_dropout", a factor of mean 1 and variance share / (1 - share); "gaussian_noise", a
        summand of mean 0; "bernoulli": 1, or 0 for a share, whatever x is.
    amount : float
        The share, in [0, 1); for "gaussian_noise" the standard deviation.
    seed : int, optional
        Tells this op's stream from others'; by default its position in the graph does.
    always : bool
        Also outside training.
    """
    scalars = (float(amount),) if seed is None else (float(amount), float(seed))
    return Tensor(x.shape, x.dtype, "noise", (x,), (), kind, scalars, training=True if always else None)


def in_training(dtype: str, *, always: bool = False) -> Tensor:
    """Return a fixed number: 1 where ops that act in training act, or `always`; else 0."""
    return Tensor((), dtype, "training", training=True if always else None)


def reshape_samples(x: Tensor, shape: Sequence[int]) -> Tensor:
    """Return the samples of `x` in another shape; one size may be -1 and is found from the others."""
    size = math.prod(x.sample_shape)
    known = math.prod(n for n in shape if n != -1)
    new = tuple(int(size // known if n == -1 and known > 0 else n) for n in shape)
    if list(shape).count(-1) > 1 or math.prod(new) != size or min(new, default=1) < 1:
        raise ValueError(f"Cannot reshape samples of shape {x.sample_shape} into `shape`. Received: {tuple(shape)}")
    return Tensor(_of_sample(x, new), x.dtype, "reshape", (x,))


def take_elements(x: Tensor, indices: Sequence[int], shape: Sequence[int]) -> Tensor:
    """Return samples of another shape, made of the elements of `x` at these places of the flattened sample."""
    return Tensor(_of_sample(x, shape), x.dtype, "take", (x,), indices=tuple(map(int, indices)))


def join_columns(matrices: Sequence[Tensor]) -> Tensor:
    """Return matrices with one number of rows side by side: shapes (..., rows, n) become (..., rows, sum of all n)."""
    first = matrices[0]
    shape = (*first.shape[:-1], sum(x.sample_shape[-1] for x in matrices))
    return Tensor(shape, first.dtype, "concatenate", tuple(matrices))


def parameter(variable: Variable) -> Tensor:
    """Return a variable as a fixed tensor."""
    return Tensor(variable.shape, variable.dtype, "parameter", (), (variable,))


def constant(value: float, shape: Sequence[int], dtype: str) -> Tensor:
    """Return a fixed tensor all of whose elements are `value`."""
    return Tensor(tuple(shape), dtype, "constant", scalars=(float(value),))


def stop_gradient(x: Tensor) -> Tensor:
    """Return `x`; what is in front of it gets no gradient from what is behind."""
    return Tensor(x.shape, x.dtype, "stop_gradient", (x,))


def binary(a: Tensor, b: Tensor, kind: str, shape: Shape) -> Tensor:
    """Return the engine's `kind` of two tensors, which broadcast to `shape` as FM_OP_BINARY says."""
    return Tensor(shape, a.dtype, "binary", (a, b), detail=kind)


def reduce_columns(x: Tensor, kind: str) -> Tensor:
    """Return the engine's reduction `kind` over the last axis, which keeps the size 1."""
    return Tensor((*x.shape[:-1], 1), x.dtype, "reduce", (x,), detail=kind)


def reduce_batch(x: Tensor, kind: str) -> Tensor:
    """Return the "sum" or the "mean" over the batch, a fixed tensor."""
    return Tensor(x.shape[1:], x.dtype, "batch_reduce", (x,), detail=kind)


def matmul(x: Tensor, w: Tensor) -> Tensor:
    """Return `x @ w` over the last axis; `w`, of shape (k, n), is fixed."""
    return Tensor((*x.shape[:-1], w.shape[1]), x.dtype, "matmul", (x, w))


def _of_sample(x: Tensor, shape: Sequence[int]) -> Shape:
    return (None, *shape) if x.batched else tuple(shape)
