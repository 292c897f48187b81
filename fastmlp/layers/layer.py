"""Layer: the base of all layers and models."""

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config, initializers, ops
from fastmlp._names import snake_case, unique_name
from fastmlp._registry import fitting
from fastmlp._structure import flatten, map_structure, pack_like
from fastmlp.graph import Graph, Shape, Tensor
from fastmlp.layers._configs import settings_of
from fastmlp.layers.node import Node
from fastmlp.lowering import run
from fastmlp.variables import Variable, as_numbers

Array = NDArray[Any]


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
        initializer: str | dict[str, Any] | Callable[..., Any] = "glorot_uniform",
        *,
        dtype: str | None = None,
        trainable: bool = True,
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
        name : str
            Its name; the layer's is put in front.
        """
        variable = Variable(
            shape, dtype or self.dtype, initializers.get(initializer), f"{self.name}/{name}", trainable=trainable
        )
        variable.frozen = not self._trainable
        self._own_variables.append(variable)
        return variable

    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """Return the layer's outputs: tensors for tensors, arrays for arrays.

        Parameters
        ----------
        inputs : Tensor or array, or a list, tuple or dict of them
            What the layer is applied to.
        **kwargs
            Passed on to `call`.
        """
        leaves = flatten(inputs)
        if self.single_input and isinstance(inputs, list | tuple | dict):
            raise ValueError(
                f"Layer '{self.name}' expects one input. Received a {type(inputs).__name__} of {len(inputs)}"
            )
        if not all(isinstance(leaf, Tensor) for leaf in leaves):
            return self._compute(inputs, **kwargs)
        if not self.built:
            self._build_or_not(map_structure(lambda tensor: tensor.shape, inputs))
        return self._record(leaves, self.call(inputs, **kwargs), (inputs,), kwargs)

    def _build_or_not(self, input_shape: Any) -> None:
        """Build the layer; after an error it is as it was."""
        before = len(self._own_variables)
        try:
            self.build(input_shape)
        except BaseException:
            del self._own_variables[before:]
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
        node = Node(self, tuple(inputs), tuple(results), arguments, keywords)
        self._first_node = self._first_node or node
        return pack_like(outputs, results)

    def _compute(self, inputs: Any, **kwargs: Any) -> Any:
        """Run the layer on arrays whose first axis is the batch."""
        arrays = [np.asarray(leaf, self.dtype, order="C") for leaf in flatten(inputs)]
        if not arrays or any(array.ndim < 1 or array.size == 0 or len(array) != len(arrays[0]) for array in arrays):
            raise ValueError(
                f"Layer '{self.name}' expects tensors, or arrays of one non-empty batch. "
                f"Received arrays of shape: {[array.shape for array in arrays]}"
            )
        tensors = [ops.placeholder(array.shape[1:], self.dtype, "inputs") for array in arrays]
        outputs = self(pack_like(inputs, tensors), **kwargs)
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

    def _sublayers(self) -> Sequence["Layer"]:
        """Return the layers inside this one."""
        return ()

    @property
    def variables(self) -> list[Variable]:
        """All variables, those of layers inside too, each once."""
        return list(dict.fromkeys([*self._own_variables, *(v for sub in self._sublayers() for v in sub.variables)]))

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
        self._trainable = bool(value)
        for variable in self._own_variables:
            variable.frozen = not value
        for layer in self._sublayers():
            layer.trainable = value

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
