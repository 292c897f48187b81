"""From what a user passes to what the engine reads: every check of arrays is made here, before a model changes.

Arrays that the engine can read are passed on as they are, so that a memory-mapped file stays on disk; all others are
converted once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._engine import Data
from fastmlp.graph import Tensor
from fastmlp.models._heads import Head

Array = NDArray[Any]

# What the engine reads, in the byte order of the machine.
_READABLE = frozenset(np.dtype(name) for name in ("float32", "float64", "uint8", "int32", "int64"))


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


def samples(
    x: Any,
    y: Any,
    sample_weight: Any,
    class_weight: Mapping[int, float] | None,
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
    class_weight : dict, optional
        Weights of the classes, from their indices.
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
    if sample_weight is None and class_weight is None:
        return Samples(arrays, targets, [])
    return Samples(arrays, targets, _weights(sample_weight, class_weight, targets, heads, dtype))


def as_rows(value: Any, argument: str, dtype: str) -> Array:
    """Return an array whose rows the engine can read: `value` itself, or a copy where that cannot be.

    Parameters
    ----------
    value : array-like
        Numbers; a pandas DataFrame or Series too.
    argument : str
        Its name, for messages.
    dtype : str
        What to convert to: "float32" or "float64".
    """
    array = value if type(value) is np.ndarray else _as_array(value, argument, dtype)
    if array.size == 0 or array.ndim == 0:
        raise ValueError(f"`{argument}` must be an array of at least one sample. Received: shape={array.shape}")
    if array.dtype not in _READABLE:
        if array.dtype.kind not in "fiub":
            raise ValueError(f"`{argument}` must be an array of numbers. Received: dtype={array.dtype}")
        return array.astype(dtype, order="C")
    return array if array.flags.aligned and _has_contiguous_rows(array) else np.ascontiguousarray(array)


def _as_array(value: Any, argument: str, dtype: str) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"`{argument}` must be an array without masked values. Received: {type(value).__name__}")
    try:
        array = np.asarray(value)
        if array.dtype == object and hasattr(value, "to_numpy"):  # pandas, with columns of several dtypes
            array = value.to_numpy(dtype=dtype, na_value=np.nan)
    except (TypeError, ValueError) as error:
        kind = type(value).__name__
        raise ValueError(f"`{argument}` must be an array of numbers. Received: {kind}, {error}") from None
    return array


def _has_contiguous_rows(array: Array) -> bool:
    if array.flags.c_contiguous:
        return True
    width = array.itemsize
    for size, stride in zip(array.shape[:0:-1], array.strides[:0:-1], strict=True):
        if size > 1 and stride != width:
            return False
        width *= size
    return array.strides[0] >= 0


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


def _weights(
    sample_weight: Any,
    class_weight: Mapping[int, float] | None,
    targets: Sequence[Array],
    heads: Sequence[Head],
    dtype: str,
) -> list[Array | None]:
    """Return the weights of the rows for each head: those of the samples times those of their classes."""
    by_head = isinstance(sample_weight, dict) or (isinstance(sample_weight, list | tuple) and len(heads) > 1)
    names = [head.name for head in heads]
    given = _one_each(sample_weight, names, "sample_weight") if by_head else [sample_weight] * len(heads)
    if class_weight is not None and len(heads) != 1:
        raise ValueError(f"`class_weight` is for models with one output. Received: outputs {names}")
    weights: list[Array | None] = []
    for each, target, head in zip(given, targets, heads, strict=True):
        row = None if each is None else _row_weights(each, len(target), dtype)
        if class_weight is not None:
            of_class = _class_weights(class_weight, target, head, dtype)
            row = of_class if row is None else row * of_class
        rows_of_sample = int(np.prod(head.target_shape[:-1]))
        if row is not None and rows_of_sample > 1:
            row = np.repeat(row[:, np.newaxis], rows_of_sample, axis=1)
        weights.append(row)
    return weights


def _row_weights(value: Any, rows: int, dtype: str) -> Array:
    array = as_rows(value, "sample_weight", dtype)
    if array.shape not in ((rows,), (rows, 1)):
        raise ValueError(f"`sample_weight` must have shape ({rows},). Received: shape={array.shape}")
    if not (np.isfinite(array).all() and array.min() >= 0):
        raise ValueError("`sample_weight` must be finite numbers of at least 0. Received: others")
    return array.reshape(rows)


def _class_weights(class_weight: Mapping[int, float], target: Array, head: Head, dtype: str) -> Array:
    if head.labels or head.target_shape == (1,):
        classes = target.reshape(len(target), -1)[:, 0]
        known = head.shape[-1] if head.labels else 2
    else:
        classes = target.argmax(axis=-1)
        known = head.shape[-1]
    if len(head.shape) != 1:
        raise ValueError(f"`class_weight` is for outputs of one row a sample. Received: shape={head.shape}")
    weights = np.ones(len(target), dtype)
    for index, weight in class_weight.items():
        if index not in range(known) or not 0 <= weight < float("inf"):
            raise ValueError(
                f"`class_weight` must give weights of at least 0 to classes 0 to {known - 1}. Received: {class_weight}"
            )
        weights[classes == index] = weight
    return weights


def _check_lengths(arrays: Sequence[Array], argument: str) -> None:
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"The arrays in {argument} must have the same number of samples. Received: {lengths}")


def _batch_shape(shape: tuple[int, ...]) -> str:
    return f"(samples, {', '.join(map(str, shape))})"
