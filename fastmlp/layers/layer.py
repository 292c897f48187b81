"""Layer: the base of all layers and models."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from fastmlp import config, ops, regularizers
from fastmlp._names import snake_case, unique_name
from fastmlp._registry import fitting
from fastmlp._structure import flatten, map_structure, pack_like
from fastmlp.graph import Graph, Shape, Tensor
from fastmlp.layers._checks import given_shape, layer_name
from fastmlp.layers._configs import settings_of
from fastmlp.layers._owner import Owner
from fastmlp.layers.node import Node
from fastmlp.lowering import run
from fastmlp.variables import Variable

# While `call` runs: whether it is told of training, and the losses that it adds.
_training: ContextVar[bool | None] = ContextVar("training", default=None)
_added: ContextVar[list[Tensor] | None] = ContextVar("added", default=None)


@contextmanager
def phase(training: bool | None) -> Iterator[None]:
    """Let all layers called in the block whose `call` takes `training` be told this, unless they are told otherwise."""
    token = _training.set(training)
    try:
        yield
    finally:
        _training.reset(token)


class Layer(Owner):
    """A function of tensors with variables of its own.

    A subclass makes its variables in `build`, with `add_weight`, once the shape of its input is known, and says in
    `call` what it computes, with functions of `fastmlp.ops` or other layers. Layers never compute: called on tensors
    they return tensors. Called on arrays, a layer runs as a model of its own and returns arrays.

    Parameters
    ----------
    name : str, optional
        By default the class's name in snake_case, numbered.
    dtype : str, optional
        "float32" or "float64": dtype of the variables and of the arithmetic; `floatx()` by default.
    trainable : bool
        False freezes the layer's variables.
    input_shape : sequence of int, optional
        Shape of one sample, given to the first layer of a Sequential.
    input_dim : int, optional
        Short for `input_shape=(input_dim,)`.
    activity_regularizer : str or callable, optional
        What is added to the loss for the layer's outputs, as a mean over the batch.
    **kwargs
        None: refused by name.

    Attributes
    ----------
    single_input : bool
        Whether `call` takes one tensor, not a list, tuple or dict of tensors.
    """

    single_input: ClassVar[bool] = False

    def __init__(
        self,
        *,
        name: str | None = None,
        dtype: str | None = None,
        trainable: bool = True,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
        activity_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise TypeError(
                f"{type(self).__name__} expects keywords among {_keywords(type(self))}. Received: {[*kwargs]}"
            )
        self.name = unique_name(snake_case(type(self).__name__)) if name is None else layer_name(name)
        self.dtype = config.standardize_dtype(dtype)
        self.built = False
        self.given_shape = given_shape(input_shape, input_dim)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._trainable = trainable
        self._own_variables: list[Variable] = []
        self._first_node: Node | None = None

    # Making a layer and calling it

    def build(self, input_shape: Any) -> None:
        """Make the variables; called once, before the first `call`.

        Parameters
        ----------
        input_shape : tuple of int or None
            (None, ...), the batch axis first; a list of such tuples where the layer takes several inputs.
        """
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the tensors that the layer makes of `inputs`."""
        raise NotImplementedError(f"Layer {type(self).__name__} must implement `call`.")

    def add_loss(self, loss: Any) -> None:
        """Add to the loss that a model is trained with; to be called in `call`.

        Parameters
        ----------
        loss : Tensor, or function that returns one, or list of them
            One number a sample, whose mean counts, or one for the batch.
        """
        added = _added.get()
        if added is None:
            raise RuntimeError(f"`add_loss` must be called in `call`. Received a loss for layer '{self.name}' outside.")
        for each in flatten(loss):
            tensor = each() if callable(each) else each
            if not isinstance(tensor, Tensor):
                raise TypeError(f"`add_loss` expects tensors. Received: {tensor!r}")
            added.append(tensor)

    @property
    def losses(self) -> list[Tensor]:
        """What the layer's first call adds to the loss, and the penalties of its variables: tensors.

        A penalty has a value, `float(layer.losses[0])`; what depends on the layer's inputs has none.
        """
        added = () if self._first_node is None else self._first_node.outputs[0].losses
        return [*added, *(v.regularizer(ops.parameter(v)) for v in self.trainable_variables if v.regularizer)]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the layer's outputs: tensors for tensors, arrays for arrays.

        Parameters
        ----------
        *args : Tensor or array, or lists, tuples or dicts of them
            What the layer is applied to.
        **kwargs
            Passed on to `call`.
        """
        self._check_made()
        if not args:
            raise TypeError(f"Layer '{self.name}' expects inputs. Received: none")
        inputs = args[0]
        if self.single_input and isinstance(inputs, list | tuple | dict):
            raise ValueError(
                f"Layer '{self.name}' expects one input. Received a {type(inputs).__name__} of {len(inputs)}"
            )
        if not all(isinstance(leaf, Tensor) for leaf in flatten(inputs)):
            return self._compute(*args, **kwargs)
        if not self.built:
            self._build_or_not(map_structure(lambda tensor: tensor.shape, inputs))
        given, told = dict(kwargs), _training.get()
        if told is not None and given.get("training") is None and _takes_training(type(self).call):
            given["training"] = told
        training, added = _training.set(given.get("training", told)), _added.set([])
        try:
            with self._inside():
                outputs = self.call(*args, **given)
            leaves = [leaf for leaf in flatten([args, kwargs]) if isinstance(leaf, Tensor)]
            return self._record(leaves, outputs, args, kwargs)
        finally:
            _training.reset(training)
            _added.reset(added)

    def _build_or_not(self, input_shape: Any) -> None:
        """Build the layer; after an error it is as it was."""
        before = {**vars(self), "_own_variables": list(self._own_variables)}
        try:
            with self._inside():
                self.build(input_shape)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        self.built = True

    def _record(self, inputs: list[Tensor], outputs: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Note on each output that this call made it. What `call` only passed on gets a tensor of its own first."""
        seen = set(inputs)
        results = []
        for tensor in flatten(outputs):
            if not isinstance(tensor, Tensor):
                raise TypeError(f"`call` of layer '{self.name}' must return tensors. Received: {tensor!r}")
            results.append(ops.identity(tensor) if tensor in seen else tensor)
            seen.add(tensor)
        for tensor in results if self.activity_regularizer is not None else ():
            self.add_loss(_per_sample(self.activity_regularizer, tensor))
        results[0].losses += tuple(_added.get() or ())
        node = Node(self, tuple(inputs), tuple(results), arguments, keywords)
        self._first_node = self._first_node or node
        return pack_like(outputs, results)

    def _compute(self, *args: Any, **kwargs: Any) -> Any:
        """Run the layer on arrays whose first axis is the batch."""
        inputs, *rest = args
        arrays = [np.asarray(leaf, self.dtype, order="C") for leaf in flatten(inputs)]
        if not arrays or any(array.ndim < 1 or array.size == 0 or len(array) != len(arrays[0]) for array in arrays):
            raise ValueError(
                f"Layer '{self.name}' expects tensors, or arrays of one non-empty batch. "
                f"Received arrays of shape: {[array.shape for array in arrays]}"
            )
        tensors = [ops.placeholder(array.shape[1:], self.dtype, "inputs") for array in arrays]
        outputs = self(pack_like(inputs, tensors), *rest, **kwargs)
        return pack_like(outputs, run(Graph(tensors, flatten(outputs)), arrays))

    # Configs

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, from which `from_config` makes a layer with the same settings.

        A layer of your own that keeps its arguments in attributes of the same names need not override this.
        """
        return settings_of(self, Layer)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a layer from what `get_config` returned."""
        return cls(**fitting(cls, config))

    # Shapes

    @property
    def input_shape(self) -> Any:
        """The shape of the input, (None, ...); a list where there are several."""
        return _one_or_list([tensor.shape for tensor in self._called().inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of the output, (None, ...); a list where there are several."""
        return _one_or_list([tensor.shape for tensor in self._called().outputs])

    @property
    def input(self) -> Any:
        """The tensor on which the layer was first called; a list where there are several."""
        return _one_or_list(list(self._called().inputs))

    @property
    def output(self) -> Any:
        """The tensor that the layer's first call returned; a list where there are several."""
        return _one_or_list(list(self._called().outputs))

    def _called(self) -> Node:
        if self._first_node is None:
            raise AttributeError(f"Layer '{self.name}' has not been called yet, so it has no inputs and outputs.")
        return self._first_node

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for an input of shape (None, ...)."""
        sample = tuple(size for size in input_shape[1:] if size is not None)
        shape: Shape = self(ops.placeholder(sample, self.dtype, "inputs")).shape
        return shape

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name} built={self.built}>"


@lru_cache
def _takes_training(call: Callable[..., Any]) -> bool:
    """Tell whether the `call` of a class is to be told of training."""
    return "training" in inspect.signature(call).parameters


def _per_sample(regularizer: Any, tensor: Tensor) -> Tensor:
    """Return a loss whose mean over the batch is what a regularizer makes of a tensor, divided by the batch's rows."""
    value: Tensor = regularizer(tensor)
    return ops.divide(value, ops.sum(ops.ones_like(tensor[:, :1]))) if tensor.batched and not value.batched else value


def _keywords(cls: type[Layer]) -> list[str]:
    """Return the names of the arguments that a class of layers takes, its own first."""
    own, common = inspect.signature(cls).parameters, inspect.signature(Layer).parameters
    return [
        name for name, each in {**own, **common}.items() if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]


def _one_or_list(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items
