"""From what a user passes to what the engine reads: every check of arrays is made here, before a model changes.

Arrays that the engine can read are passed on as they are, so that a memory-mapped file stays on disk; all others are
converted once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from fastmlp._engine import Data
from fastmlp.graph import Tensor
from fastmlp.models._arrays import as_rows
from fastmlp.models._heads import Head
from fastmlp.models._weights import class_weights, sample_weights

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Samples:
    """Arrays of equal length that the engine can read.

    Attributes
    ----------
    inputs : list of numpy.ndarray
        One for each input of the model, shape (samples, ...).
    targets : list of numpy.ndarray
        One for each head, shape (samples, ...).
    weights : list of numpy.ndarray or None
        One for each head, shape (samples,) or (samples, rows of a sample); empty if all weights are 1.
    """

    inputs: list[Array]
    targets: list[Array]
    weights: list[Array | None]

    def __len__(self) -> int:
        return len(self.inputs[0])

    def part(self, first: int, last: int) -> "Samples":
        """Return views of the samples `first` ... `last` - 1."""
        return Samples(
            [array[first:last] for array in self.inputs],
            [array[first:last] for array in self.targets],
            [None if array is None else array[first:last] for array in self.weights],
        )

    def weighted(self, class_weight: Mapping[int, float], heads: Sequence[Head], dtype: str) -> "Samples":
        """Return the same samples with their weights multiplied by those of their classes."""
        weights = class_weights(class_weight, self.targets, heads, dtype)
        if self.weights and self.weights[0] is not None:
            weights *= self.weights[0]
        return Samples(self.inputs, self.targets, [weights])

    def data(self) -> Data:
        """Return the arrays as the engine takes them."""
        return Data(self.inputs, self.targets, self.weights)


def input_arrays(x: Any, inputs: Sequence[Tensor], names: Sequence[str]) -> list[Array]:
    """Return one array for each input of a model.

    Parameters
    ----------
    x : array-like, or list, tuple or dict of them
        By the order of the inputs or by their names; an array alone where there is one input.
    inputs : sequence of Tensor
        The model's inputs.
    names : sequence of str
        Their names.

    Raises
    ------
    ValueError
        If arrays are missing, have another shape than the inputs, or cannot be read as numbers.
    """
    arrays = []
    for value, tensor, name in zip(_one_each(x, names, "x"), inputs, names, strict=True):
        shape = tensor.sample_shape
        array = as_rows(value, "x", tensor.dtype)
        if array.shape[1:] != shape and not (array.ndim == 1 and shape == (1,)):
            raise ValueError(
                f"`x` must have shape {_batch_shape(shape)} for the input '{name}'. Received: shape={array.shape}"
            )
        arrays.append(array)
    _check_lengths(arrays, "x")
    return arrays


def sample_shape(x: Any) -> tuple[int, ...]:
    """Return the shape of one sample of the only input of a model that is not built yet."""
    (value,) = _one_each(x, ["x"], "x")
    return as_rows(value, "x", "float32").shape[1:] or (1,)


def samples(
    x: Any,
    y: Any,
    sample_weight: Any,
    inputs: Sequence[Tensor],
    names: Sequence[str],
    heads: Sequence[Head],
) -> Samples:
    """Return inputs, targets and weights, checked against the model and against one another.

    Parameters
    ----------
    x, y : array-like, or list, tuple or dict of them
        Inputs and targets.
    sample_weight : array-like, or list, tuple or dict of them, optional
        Weights of the rows, for all heads or for each.
    inputs, names
        The model's inputs and their names.
    heads : sequence of Head
        What the targets are compared with.
    """
    arrays = input_arrays(x, inputs, names)
    dtype = inputs[0].dtype
    if y is None:
        raise ValueError("`y` must be given: a model learns from targets and is judged by them. Received: y=None")
    given = _one_each(y, [head.name for head in heads], "y")
    targets = [_target(value, head, dtype) for value, head in zip(given, heads, strict=True)]
    _check_lengths([arrays[0], *targets], "x and y")
    if sample_weight is None:
        return Samples(arrays, targets, [])
    by_head = isinstance(sample_weight, dict) or (isinstance(sample_weight, list | tuple) and len(heads) > 1)
    head_names = [head.name for head in heads]
    each = _one_each(sample_weight, head_names, "sample_weight") if by_head else [sample_weight] * len(heads)
    return Samples(arrays, targets, sample_weights(each, targets, heads, dtype))


def _one_each(value: Any, names: Sequence[str], argument: str) -> list[Any]:
    """Return one entry a name: from a dict by name, from a list or tuple in order, or the only one."""
    if isinstance(value, dict):
        if set(value) != set(names):
            raise ValueError(f"`{argument}` must be given by the names {list(names)}. Received: {list(value)}")
        return [value[name] for name in names]
    if len(names) != 1:
        if not isinstance(value, list | tuple) or len(value) != len(names):
            received = f"{len(value)} arrays" if isinstance(value, list | tuple) else type(value).__name__
            raise ValueError(
                f"`{argument}` must be a list of {len(names)} arrays, for {', '.join(names)}. Received: {received}"
            )
        return list(value)
    # A list of one array is that array; a list of anything else is an array spelled out.
    if isinstance(value, list | tuple) and len(value) == 1 and getattr(value[0], "ndim", 0) > 0:
        return list(value)
    return [value]


def _target(value: Any, head: Head, dtype: str) -> Array:
    """Return the targets of one head."""
    array = as_rows(value, "y", dtype)
    shape = head.target_shape
    fits = array.shape[1:] == shape or (shape[-1:] == (1,) and array.shape[1:] == shape[:-1])
    if not fits:
        hint = ""
        if head.labels and array.shape[1:] == head.shape:
            hint = " One-hot targets go with 'categorical_crossentropy'."
        elif head.loss is not None and head.loss.kind.startswith("categorical") and array[0].size == 1:
            hint = " Class indices go with 'sparse_categorical_crossentropy'."
        raise ValueError(
            f"`y` must have shape {_batch_shape(shape)} for the output '{head.name}'. "
            f"Received: shape={array.shape}.{hint}"
        )
    head.check_targets(array)
    return array


def _check_lengths(arrays: Sequence[Array], argument: str) -> None:
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"The arrays in {argument} must have the same number of samples. Received: {lengths}")


def _batch_shape(shape: tuple[int, ...]) -> str:
    return f"(samples, {', '.join(map(str, shape))})"
