"""Owner: what has variables, of its own and through the layers inside it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike, NDArray

from fastmlp import constraints, initializers, regularizers
from fastmlp.variables import Variable, as_numbers

if TYPE_CHECKING:
    from fastmlp.layers.layer import Layer

Array = NDArray[Any]

# Those that are being built or called, the outermost first: what the path of a new variable begins with.
_around: ContextVar[tuple["Owner", ...]] = ContextVar("around", default=())


class Owner:
    """The part of a layer that has to do with variables; Layer inherits it."""

    name: str
    dtype: str
    built: bool
    _trainable: bool
    _own_variables: list[Variable]

    def _check_made(self) -> None:
        """Raise a RuntimeError if a subclass's constructor has not called this class's."""
        if "built" not in vars(self):
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the first statement "
                "in the `__init__()` method. Go add it!"
            )

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """Let the paths of variables that are made in the block begin with this layer's name."""
        token = _around.set(self._and_around())
        try:
            yield
        finally:
            _around.reset(token)

    def _and_around(self) -> tuple["Owner", ...]:
        around = _around.get()
        return around if around[-1:] == (self,) else (*around, self)

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
        self._check_made()
        variable = Variable(
            shape, dtype or self.dtype, initializers.get(initializer), f"{self.name}/{name}", trainable=trainable
        )
        variable.regularizer, variable.constraint = regularizers.get(regularizer), constraints.get(constraint)
        variable.frozen = not self._trainable
        variable.path = "/".join([*(owner.name for owner in self._and_around()), name])
        self._own_variables.append(variable)
        return variable

    @property
    def compute_dtype(self) -> str:
        """The dtype of the arithmetic, which is that of the variables."""
        return self.dtype

    variable_dtype = compute_dtype

    def _sublayers(self) -> list["Layer"]:
        """Return the layers in this one's attributes, also in lists and dicts, each once."""
        return list(dict.fromkeys(_found_in(vars(self), Owner)))

    def _with_sublayers(self) -> list["Layer"]:
        """Return this layer and all layers inside, however deep, each once."""
        found: dict[Any, None] = {self: None}
        stack = [self]
        while stack:
            inner = [layer for layer in stack.pop()._sublayers() if layer not in found]
            found |= dict.fromkeys(inner)
            stack += reversed(inner)
        return list(found)

    @property
    def variables(self) -> list[Variable]:
        """All variables, those of layers inside too, each once."""
        self._check_made()
        return list(dict.fromkeys(self._variables_within(set())))

    def _variables_within(self, seen: set["Owner"]) -> Iterator[Variable]:
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


def _found_in(value: Any, kind: type[Any]) -> Iterator[Any]:
    """Return the objects of a kind in a dict's values, a list or a tuple, however deep."""
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, kind):
            yield each
        elif isinstance(each, list | tuple | dict):
            yield from _found_in(each, kind)
