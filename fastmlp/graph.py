"""The graph: what layers and ops return instead of computing.

A `Tensor` is a node: an op, the tensors it reads, the variables it uses. A `Graph` is the part of it between some
inputs and some outputs, in an order in which it can be run; two graphs are equal when they would give the same plan.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._operators import Operators
from fastmlp.variables import Variable

# Gives tensors their values while a `call` is traced on a batch; see models/_tracing.py.
evaluator: ContextVar[Callable[["Tensor"], NDArray[Any]] | None] = ContextVar("evaluator", default=None)

Shape = tuple[int | None, ...]


# Ops that do in training what they do not do outside.
TRAINING_OPS = frozenset({"noise", "batch_normalization", "training"})


class Tensor(Operators):
    """A lazy array: its first axis is the batch, of unknown size, or it is *fixed* and has no batch axis.

    Parameters
    ----------
    shape : tuple of int or None
        (None, ...) with a batch axis, and every other size known; without None if fixed.
    dtype : str
        "float32" or "float64".
    op : str
        "input", "identity", or an op of the engine: see `fm_op_kind` in src_c/fm.h. "target", "parameter" and
        "constant" read no tensors.
    inputs : tuple of Tensor
        What the op reads.
    variables : tuple of Variable or None
        The parameters that the op uses, for "dense" the kernel and, if there is one, the bias.
    detail : str
        Which of several kinds of the op: for "activation" its name.
    scalars : tuple of float
        Constants of the op.
    indices : tuple of int
        For ops that take elements by their places.
    training : bool, optional
        For ops that act in training only: True or False make them act always or never.
    name : str
        For messages; inputs carry their names.

    Attributes
    ----------
    losses : tuple of Tensor
        What computing this tensor adds to the loss: activity regularizers and the like.
    node : object or None
        The call of the layer that returned this tensor (`layers.layer.Node`).
    """

    __slots__ = (
        "__weakref__",
        "detail",
        "dtype",
        "indices",
        "inputs",
        "losses",
        "name",
        "node",
        "op",
        "scalars",
        "shape",
        "training",
        "variables",
    )

    def __init__(
        self,
        shape: Shape,
        dtype: str,
        op: str,
        inputs: tuple["Tensor", ...] = (),
        variables: tuple[Variable | None, ...] = (),
        detail: str = "",
        scalars: tuple[float, ...] = (),
        *,
        indices: tuple[int, ...] = (),
        training: bool | None = None,
        name: str = "",
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.op = op
        self.inputs = inputs
        self.variables = variables
        self.detail = detail
        self.scalars = scalars
        self.indices = indices
        self.training = training
        self.name = name
        self.losses: tuple[Tensor, ...] = ()
        self.node: Any = None

    @property
    def batched(self) -> bool:
        """Whether the first axis is the batch."""
        return self.shape[:1] == (None,)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape without the batch axis."""
        return self.shape[1:] if self.batched else self.shape  # type: ignore[return-value]  # only the first may be None

    @property
    def matrix(self) -> tuple[int, int]:
        """Rows and columns of one sample, as the engine sees it: the last axis makes the columns."""
        return as_matrix(self.sample_shape)

    # The value of a tensor, where code that is traced asks for it.

    def numpy(self) -> NDArray[Any]:
        """Return the value: for the present batch, while a `call` is traced batch by batch.

        At other times a tensor that is made of variables only has a value, a penalty of weights for one.

        Raises
        ------
        TypeError
            Where there is no batch and the tensor depends on one.
        """
        evaluate = evaluator.get() or _value_without_inputs
        return evaluate(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.numpy(), dtype)

    def item(self) -> float:
        """Return the only element of the value, see `numpy`."""
        return float(self.numpy().item())

    __float__ = item

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.numpy())

    def __len__(self) -> int:
        return len(self.numpy()) if self.batched else self.shape[0] or 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.numpy())

    def __repr__(self) -> str:
        return f"<Tensor {self.name or self.op} shape={self.shape} dtype={self.dtype}>"


def _value_without_inputs(tensor: Tensor) -> NDArray[Any]:
    from fastmlp.lowering import run

    stack, seen = [tensor], {tensor}
    while stack:
        each = stack.pop()
        if each.op in ("input", "target"):
            raise TypeError(
                f"{tensor!r} stands for a computation and has no value. Call a model on an array to get values."
            )
        new = [source for source in each.inputs if source not in seen]
        seen.update(new)
        stack += new
    return run(Graph((), [tensor]), [])[0]


def as_matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return rows and columns of a sample of that shape: (28, 28) as it is, (8,) as (1, 8), () as (1, 1)."""
    return (math.prod(shape[:-1]), shape[-1]) if shape else (1, 1)


class Graph:
    """The ops that lead from `inputs` to `outputs`.

    Parameters
    ----------
    inputs : sequence of Tensor
        Where it starts; an op behind them is not looked at.
    outputs : sequence of Tensor
        Where it ends.

    Attributes
    ----------
    tensors : tuple of Tensor
        All ops behind the inputs, each after what it reads.
    variables : tuple of Variable
        In the order of first use: the plan's parameters.
    dtype : str
        The one dtype of all of it.
    losses : tuple of Tensor
        What its tensors add to the loss.

    Raises
    ------
    ValueError
        If an output depends on an input that is not listed, or dtypes are mixed.
    """

    def __init__(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> None:
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.tensors = tuple(self._sorted())
        self.variables = tuple(dict.fromkeys(v for tensor in self.tensors for v in tensor.variables if v is not None))
        dtypes = sorted({t.dtype for t in (*self.inputs, *self.tensors)} | {v.dtype for v in self.variables})
        if len(dtypes) != 1:
            raise ValueError(f"All tensors and variables of a model must have one dtype. Received: {dtypes}")
        self.dtype = dtypes[0]
        self.losses = tuple(dict.fromkeys(loss for tensor in self.tensors for loss in tensor.losses))
        self._key = self._structure()
        self._hash = hash(self._key)

    @cached_property
    def draws(self) -> bool:
        """Whether it draws random numbers, in training at least."""
        return any(tensor.op == "noise" for tensor in self.tensors)

    def _sorted(self) -> Iterator[Tensor]:
        """Walk depth first, without recursion: a model may be thousands of ops deep."""
        done = set(self.inputs)
        stack = [*reversed(self.outputs)]
        while stack:
            tensor = stack[-1]
            waiting = [source for source in tensor.inputs if source not in done]
            if tensor in done:
                stack.pop()
            elif waiting:
                stack.extend(reversed(waiting))
            elif tensor.op == "input":
                raise ValueError(
                    f"The outputs must depend on the given inputs only. Expected inputs: "
                    f"{[t.name for t in self.inputs]}. Received outputs that depend on: '{tensor.name}'"
                )
            else:
                done.add(stack.pop())
                yield tensor

    def _structure(self) -> tuple[object, ...]:
        position = {tensor: i for i, tensor in enumerate((*self.inputs, *self.tensors))}
        number = {variable: i for i, variable in enumerate(self.variables)}
        return (
            self.dtype,
            self.variables,
            tuple(t.shape for t in self.inputs),
            tuple(
                (
                    t.op,
                    t.detail,
                    t.scalars,
                    t.indices,
                    t.training,
                    t.shape,
                    tuple(position[s] for s in t.inputs),
                    tuple(None if v is None else number[v] for v in t.variables),
                )
                for t in self.tensors
            ),
            tuple(position[t] for t in self.outputs),
        )

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Graph) and self._key == other._key)

    def __hash__(self) -> int:
        return self._hash


def replay(outputs: Sequence[Tensor], replacements: dict[Tensor, Tensor], training: bool | None = None) -> list[Tensor]:
    """Return new outputs that are computed as `outputs` are, from other inputs.

    Parameters
    ----------
    outputs : sequence of Tensor
        The outputs of a model, say.
    replacements : dict
        For each of the model's inputs, the tensor of the same shape that takes its place.
    training : bool, optional
        True or False: ops that act in training only act always or never; by default they act as they did before.
    """
    new = dict(replacements)
    sources = tuple(replacements)
    own = Graph(sources, outputs)
    for tensor in Graph(sources, (*outputs, *own.losses)).tensors:
        new[tensor] = Tensor(
            tensor.shape,
            tensor.dtype,
            tensor.op,
            tuple(new[source] for source in tensor.inputs),
            tensor.variables,
            tensor.detail,
            tensor.scalars,
            indices=tensor.indices,
            training=tensor.training if training is None or tensor.op not in TRAINING_OPS else training,
        )
    for tensor in own.tensors:
        new[tensor].losses = tuple(new[loss] for loss in tensor.losses)
    return [new[tensor] for tensor in outputs]
