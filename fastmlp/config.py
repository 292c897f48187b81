"""Process-wide defaults: the dtype of new models and the small number that keeps divisions finite."""

from typing import Final

DTYPES: Final = ("float32", "float64")

_floatx = "float32"
_epsilon = 1e-7


def standardize_dtype(dtype: object) -> str:
    """Return the name of a dtype in which models can compute.

    Parameters
    ----------
    dtype : str, numpy.dtype, type or None
        None means `floatx()`.

    Raises
    ------
    ValueError
        If it is neither float32 nor float64.
    """
    if dtype is None:
        return _floatx
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
    if name not in DTYPES:
        raise ValueError(f"`dtype` must be 'float32' or 'float64'. Received: dtype={dtype!r}")
    return str(name)


def floatx() -> str:
    """Return the dtype of layers made without `dtype`: "float32" unless changed."""
    return _floatx


def set_floatx(dtype: str) -> None:
    """Set the dtype of layers made from now on to "float32" or "float64"."""
    global _floatx
    _floatx = standardize_dtype(dtype)


def epsilon() -> float:
    """Return the small number added where a division by zero threatens."""
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the number that `epsilon` returns."""
    global _epsilon
    if not value > 0:
        raise ValueError(f"`value` must be a positive number. Received: value={value!r}")
    _epsilon = float(value)
