"""From what a user passes to what the engine reads: every check of arrays is made here, before a model changes.

Arrays that the engine can read are passed on as they are, so that a memory-mapped file stays on disk; all others are
converted once.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.graph import Tensor
from fastmlp.models._data.arrays import as_rows, as_sparse_rows
from fastmlp.models._data.samples import Samples, is_sparse
from fastmlp.models._data.weights import sample_weights
from fastmlp.models._objective.asks import Ask
from fastmlp.models._objective.heads import Head
from fastmlp.models._objective.values import target_shape

Array = NDArray[Any]

_CHECKED_ROWS = 1 << 16  # the values of targets are checked so many rows at a time, since they may lie on a disk


def input_arrays(x: Any, inputs: Sequence[Tensor], names: Sequence[str]) -> list[Any]:
    """Return one array for each input of a model, or a sparse matrix where one was given.

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
        array = (as_sparse_rows if is_sparse(value) else as_rows)(value, "x", tensor.dtype)
        if array.shape[1:] != shape and not (array.ndim == 1 and shape == (1,)):
            raise ValueError(
                f"`x` must have shape {_batch_shape(shape)} for the input '{name}'. Received: shape={array.shape}"
            )
        arrays.append(array)
    _check_lengths(arrays, "x")
    return arrays


def output_arrays(y_pred: Any, outputs: Sequence[Tensor], names: Sequence[str]) -> list[Array]:
    """Return one array for each output of a model.

    Parameters
    ----------
    y_pred : array-like, or list, tuple or dict of them
        Predictions, by the order of the outputs or by their names.
    outputs : sequence of Tensor
        The model's outputs.
    names : sequence of str
        Their names.

    Raises
    ------
    ValueError
        If arrays are missing, or have another shape than the outputs.
    """
    arrays = []
    for value, tensor, name in zip(_one_each(y_pred, names, "y_pred"), outputs, names, strict=True):
        array = np.asarray(value, tensor.dtype)
        if array.shape[1:] != tensor.sample_shape:
            expected = _batch_shape(tensor.sample_shape)
            raise ValueError(
                f"`y_pred` must have shape {expected} for the output '{name}'. Received: shape={array.shape}"
            )
        arrays.append(array)
    _check_lengths(arrays, "y_pred")
    return arrays


def sample_shape(x: Any) -> tuple[int, ...]:
    """Return the shape of one sample of the only input of a model that is not built yet."""
    (value,) = _one_each(x, ["x"], "x")
    return tuple(value.shape[1:]) if is_sparse(value) else as_rows(value, "x", "float32").shape[1:] or (1,)


def target_arrays(y: Any, asks: Sequence[Ask], dtype: str) -> list[Array]:
    """Return one array for each output that is judged, of a shape that is still to be checked.

    Parameters
    ----------
    y : array-like, or list, tuple or dict of them
        Targets; of outputs that are not judged they may be there too.
    asks : sequence of Ask
        What is asked of each output.
    dtype : str
        What to convert to where the engine cannot read an array.
    """
    judged = [ask.name for ask in asks if ask.judged]
    if not judged:
        return []
    if y is None:
        raise ValueError("`y` must be given: a model learns from targets and is judged by them. Received: y=None")
    names = [ask.name for ask in asks]
    if isinstance(y, dict):
        y = {name: each for name, each in y.items() if name in judged or name not in names}
    elif isinstance(y, list | tuple) and len(y) == len(asks) > len(judged):
        y = [each for each, ask in zip(y, asks, strict=True) if ask.judged]
    return [as_rows(value, "y", dtype) for value in _one_each(y, judged, "y")]


def samples(
    inputs: list[Any], targets: Sequence[Array], sample_weight: Any, heads: Sequence[Head], dtype: str
) -> Samples:
    """Return inputs, targets and weights, checked against the model and against one another.

    Parameters
    ----------
    inputs : list of numpy.ndarray or sparse matrix
        What `input_arrays` returned.
    targets : sequence of numpy.ndarray
        What `target_arrays` returned.
    sample_weight : array-like, or list, tuple or dict of them, optional
        Weights of the rows, for all heads or for each.
    heads : sequence of Head
        What the targets are compared with.
    dtype : str
        Of the weights, if they have to be converted.
    """
    for array, head in zip(targets, heads, strict=True):
        _check_target(array, head)
    _check_lengths([inputs[0], *targets], "x and y")
    if sample_weight is None or not heads:
        return Samples(inputs, list(targets), [])
    names = [head.name for head in heads]
    by_head = isinstance(sample_weight, dict) or (isinstance(sample_weight, list | tuple) and len(heads) > 1)
    each = _one_each(sample_weight, names, "sample_weight") if by_head else [sample_weight] * len(heads)
    return Samples(inputs, list(targets), sample_weights(each, targets, heads, dtype))


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


def _check_target(array: Array, head: Head) -> None:
    """Raise a ValueError if an array cannot be the targets of a head."""
    shape = head.target_shape
    fits = array.shape[1:] == shape or (shape[-1:] == (1,) and array.shape[1:] == shape[:-1])
    if not fits and (head.labels is not None or target_shape(array.shape[1:], head.shape) != shape):
        hint = ""
        if head.labels and array.shape[1:] == head.shape:
            hint = " One-hot targets go with 'categorical_crossentropy'."
        elif head.loss is not None and head.loss.name.startswith("categorical") and array[0].size == 1:
            hint = " Class indices go with 'sparse_categorical_crossentropy'."
        raise ValueError(
            f"`y` must have shape {_batch_shape(shape)} for the output '{head.name}'. "
            f"Received: shape={array.shape}.{hint}"
        )
    for last in range(_CHECKED_ROWS, len(array) + _CHECKED_ROWS, _CHECKED_ROWS):
        try:
            head.check_targets(array[last - _CHECKED_ROWS : last])
        except ValueError:
            head.check_targets(array[:last])  # says the place in the whole array
            raise


def _check_lengths(arrays: Sequence[Any], argument: str) -> None:
    lengths = [array.shape[0] for array in arrays]
    if lengths.count(lengths[0]) < len(lengths):
        raise ValueError(f"The arrays in {argument} must have the same number of samples. Received: {lengths}")


def _batch_shape(shape: tuple[int, ...]) -> str:
    return f"(samples, {', '.join(map(str, shape))})"
