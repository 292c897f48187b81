"""Layer: the base of all layers and models."""

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config, constraints, initializers, ops, regularizers
from fastmlp._names import snake_case, unique_name
from fastmlp._registry import fitting
from fastmlp._structure import flatten, map_structure, pack_like
from fastmlp.graph import Graph, Shape, Tensor
from fastmlp.layers._configs import settings_of
from fastmlp.layers.node import Node
from fastmlp.lowering import run
from fastmlp.variables import Variable, as_numbers

Array = NDArray[Any]

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


class Layer:
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
        self.name = unique_name(snake_case(type(self).__name__)) if name is None else _check_name(name)
        self.dtype = config.standardize_dtype(dtype)
        self.built = False
        self.given_shape = _given_shape(input_shape, input_dim)
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

    def add_weight(
        self,
        shape: Iterable[int] = (),
        initializer: Any = "glorot_uniform",
        *,
        dtype: str | None = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str = "weight",
    ) -> Variable:
        """Make a variable that belongs to this layer.

        Parameters
        ----------
        shape : iterable of int
            Its shape.
        initializer : str, dict or callable
            As `initializers.get` takes it.
        dtype : str, optional
            The layer's by default.
        trainable : bool
            False for state that no optimizer may change.
        regularizer : str, dict or callable, optional
            What is added to the loss on its account, as `regularizers.get` takes it.
        constraint : str, dict or callable, optional
            What holds after every step, as `constraints.get` takes it.
        name : str
            Its name; the layer's is put in front.
        """
        variable = Variable(
            shape, dtype or self.dtype, initializers.get(initializer), f"{self.name}/{name}", trainable=trainable
        )
        variable.regularizer, variable.constraint = regularizers.get(regularizer), constraints.get(constraint)
        variable.frozen = not self._trainable
        self._own_variables.append(variable)
        return variable

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

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the layer's outputs: tensors for tensors, arrays for arrays.

        Parameters
        ----------
        *args : Tensor or array, or lists, tuples or dicts of them
            What the layer is applied to.
        **kwargs
            Passed on to `call`.
        """
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
        given = dict(kwargs)
        if _takes_training(type(self).call) and given.get("training") is None and _training.get() is not None:
            given["training"] = _training.get()
        token = _added.set([])
        try:
            with phase(given.get("training", _training.get())):
                outputs = self.call(*args, **given)
            leaves = [leaf for leaf in flatten([args, kwargs]) if isinstance(leaf, Tensor)]
            return self._record(leaves, outputs, args, kwargs)
        finally:
            _added.reset(token)

    def _build_or_not(self, input_shape: Any) -> None:
        """Build the layer; after an error it is as it was."""
        before = {**vars(self), "_own_variables": list(self._own_variables)}
        try:
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

    # Variables

    def _sublayers(self) -> list["Layer"]:
        """Return the layers in this one's attributes, also in lists and dicts, each once."""
        return list(dict.fromkeys(_found_in(vars(self), Layer)))

    def _with_sublayers(self) -> list["Layer"]:
        """Return this layer and all layers inside, however deep, each once."""
        found: dict[Layer, None] = {self: None}
        stack = [self]
        while stack:
            inner = [layer for layer in stack.pop()._sublayers() if layer not in found]
            found |= dict.fromkeys(inner)
            stack += reversed(inner)
        return list(found)

    @property
    def variables(self) -> list[Variable]:
        """All variables, those of layers inside too, each once."""
        return list(dict.fromkeys(self._variables_within(set())))

    def _variables_within(self, seen: set["Layer"]) -> Iterator[Variable]:
        seen.add(self)
        yield from _found_in(vars(self), Variable)
        for layer in self._sublayers():
            if layer not in seen:
                yield from layer._variables_within(seen)

    @property
    def trainable_variables(self) -> list[Variable]:
        """The variables that training changes."""
        return [variable for variable in self.variables if variable.trainable]

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The variables that training leaves alone."""
        return [variable for variable in self.variables if not variable.trainable]

    weights = variables
    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables

    @property
    def trainable(self) -> bool:
        """Whether training changes the layer's variables.

        Setting it sets it for all layers inside, and takes effect when `fit` or `train_on_batch` is next called: a
        `fit` under way goes on as it began.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self._with_sublayers():
            layer._trainable = bool(value)
            for variable in _found_in(vars(layer), Variable):
                variable.frozen = not value

    def count_params(self) -> int:
        """Return the number of elements of all variables."""
        if not self.built:
            raise ValueError(f"Layer '{self.name}' has no parameters to count yet: its input shape is not known.")
        return sum(variable.size for variable in self.variables)

    def get_weights(self) -> list[Array]:
        """Return copies of the values of all variables."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Overwrite the values of all variables; either all of them or, after an error, none.

        Parameters
        ----------
        weights : sequence of array
            As `get_weights` returns them.

        Raises
        ------
        ValueError
            If their number or shapes are not those of the variables, or they do not hold real numbers.
        """
        variables = self.variables
        if not isinstance(weights, list | tuple):
            raise ValueError(f"'{self.name}' expects a list of {len(variables)} arrays. Received: {weights!r}")
        arrays = [as_numbers(weight, self.name) for weight in weights]
        if [array.shape for array in arrays] != [variable.shape for variable in variables]:
            raise ValueError(
                f"'{self.name}' expects weights of shapes {[variable.shape for variable in variables]}. "
                f"Received shapes: {[array.shape for array in arrays]}"
            )
        converted = [array.astype(v.dtype) for array, v in zip(arrays, variables, strict=True)]
        for variable, array in zip(variables, converted, strict=True):
            variable.assign(array)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name} built={self.built}>"


def _found_in(value: Any, kind: type[Any]) -> Iterator[Any]:
    """Return the objects of a kind in a dict's values, a list or a tuple, however deep."""
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, kind):
            yield each
        elif isinstance(each, list | tuple | dict):
            yield from _found_in(each, kind)


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


def _check_name(name: object) -> str:
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"`name` must be a non-empty string without '/'. Received: name={name!r}")
    return name


def _given_shape(input_shape: Any, input_dim: Any) -> tuple[int, ...] | None:
    """Return the shape of one sample that the user gave, or None."""
    if input_shape is None:
        if input_dim is None:
            return None
        input_shape = (input_dim,)
    return check_sample_shape(input_shape, "input_shape")


def check_sample_shape(shape: Any, argument: str) -> tuple[int, ...]:
    """Return the shape of one sample as a tuple, or raise a ValueError that names the argument."""
    try:
        sizes = tuple(shape)
    except TypeError:
        sizes = (None,)
    if not all(isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0 for size in sizes):
        raise ValueError(
            f"`{argument}` must be a tuple of positive integers, the shape of one sample without the batch axis. "
            f"Received: {argument}={shape!r}"
        )
    if math.prod(map(int, sizes)) >= 2**31:
        raise ValueError(f"`{argument}` describes more than 2**31 numbers a sample. Received: {argument}={shape!r}")
    return tuple(int(size) for size in sizes)


def _one_or_list(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items
