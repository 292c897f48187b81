"""Arrays that the engine can read, made of whatever users have: numbers in lists, other dtypes, pandas."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# The engine's dtypes for data, in the byte order of the machine.
READABLE = frozenset(np.dtype(name) for name in ("float32", "float64", "uint8", "int32", "int64"))


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
    readable = array.dtype in READABLE
    if not readable and array.dtype.kind not in "fiub":
        kind = type(value).__name__
        raise ValueError(f"`{argument}` must be an array of numbers. Received: {kind} of dtype {array.dtype}")
    if array.ndim == 0 or array.size == 0:
        raise ValueError(f"`{argument}` must be an array of at least one sample. Received: shape={array.shape}")
    if not readable:
        return array.astype(dtype, order="C")
    return array if array.flags.aligned and _has_contiguous_rows(array) else array.copy(order="C")


def as_sparse_rows(value: Any, argument: str, dtype: str) -> Any:
    """Return a sparse matrix by rows (CSR) whose values are of a dtype: `value` itself if it is one.

    Parameters
    ----------
    value : sparse matrix or array of SciPy's
        Shape (samples, columns).
    argument : str
        Its name, for messages.
    dtype : str
        "float32" or "float64".
    """
    if value.ndim != 2 or 0 in value.shape:
        raise ValueError(f"`{argument}` must be a sparse matrix of at least one sample. Received: shape={value.shape}")
    if value.dtype.kind not in "fiub":
        raise ValueError(f"`{argument}` must be a matrix of numbers. Received: dtype={value.dtype}")
    refuse_places_outside(value)
    return value.tocsr().astype(dtype, copy=False)


def refuse_places_outside(value: Any) -> None:
    """Raise if a CSR or CSC matrix has values outside of itself, where SciPy would read and write; else do nothing.

    Raises
    ------
    ValueError
        If the rows of a CSR matrix do not begin one after the other within its values, or if one of them has a column
        that there is not; rows for columns in a CSC matrix.
    """
    form = getattr(value, "format", None)
    if form not in ("csr", "csc") or value.ndim != 2:
        return
    line, place = ("row", "column") if form == "csr" else ("column", "row")
    lines, places = value.shape if form == "csr" else value.shape[::-1]
    starts, used = value.indptr, value.indices[: value.indptr[-1]]
    falls = np.flatnonzero(starts[:-1] > starts[1:])
    if falls.size:
        raise ValueError(
            f"The {line}s of a {form.upper()} matrix must begin one after the other. Received: {line} {falls[0] + 1}"
        )
    if len(starts) != lines + 1 or starts[0] != 0 or starts[-1] > min(len(value.indices), len(value.data)):
        raise ValueError(f"The {line}s of a {form.upper()} matrix must lie within its {len(value.data)} values")
    if used.size and (used.min() < 0 or used.max() >= places):
        wrong = used[(used < 0) | (used >= places)][0]
        raise ValueError(f"{place.capitalize()}s must be from 0 to {places - 1}. Received: {wrong}")


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
