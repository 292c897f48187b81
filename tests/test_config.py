from collections.abc import Iterator

import numpy as np
import pytest

from fastmlp import backend, config


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    yield
    config.set_floatx("float32")
    config.set_epsilon(1e-7)


@pytest.mark.parametrize("dtype", ["float64", np.float64, np.dtype("float64")])
def test_a_dtype_may_be_a_name_a_type_or_a_dtype(dtype: object) -> None:
    assert config.standardize_dtype(dtype) == "float64"


@pytest.mark.parametrize("dtype", ["float16", "int32", np.complex128, 3])
def test_other_dtypes_are_refused(dtype: object) -> None:
    with pytest.raises(ValueError, match=r"`dtype` must be 'float32' or 'float64'. Received: dtype="):
        config.standardize_dtype(dtype)


def test_floatx_is_the_dtype_where_none_is_given() -> None:
    assert config.standardize_dtype(None) == backend.floatx() == "float32"
    backend.set_floatx("float64")
    assert config.standardize_dtype(None) == "float64"


def test_epsilon_must_be_positive() -> None:
    backend.set_epsilon(1e-5)
    assert backend.epsilon() == 1e-5
    with pytest.raises(ValueError, match="positive"):
        backend.set_epsilon(0)
