import numpy as np
import pytest
from ops.harness import check_backward, check_forward

from fastmlp import config, ops
from fastmlp.variables import Variable

X = np.random.default_rng(0).normal(size=(4, 3)) * 3


def test_conversions() -> None:
    x, w = ops.placeholder((3,), "float32", "x"), Variable((2,), "float32", lambda shape, dtype: np.ones(shape))
    assert ops.convert_to_tensor(x) is x
    assert ops.convert_to_tensor(w).op == "parameter"
    assert ops.convert_to_tensor([1.5]).dtype == config.floatx()
    assert ops.convert_to_tensor([1]).dtype.kind == "i"
    assert ops.convert_to_tensor(np.ones(2)).dtype == np.float64
    assert ops.convert_to_tensor([1], "float32").dtype == np.float32
    np.testing.assert_array_equal(ops.convert_to_numpy(w), [1, 1])
    assert ops.is_tensor(x)
    assert not ops.is_tensor(X)
    with pytest.raises(TypeError, match="has no value"):
        ops.convert_to_numpy(x)


def test_casts() -> None:
    for dtype in ("int32", "bool", "float64"):
        np.testing.assert_array_equal(ops.cast(X, dtype), X.astype(dtype))
        assert ops.cast(X, dtype).dtype == dtype
    x = ops.placeholder((3,), "float32", "x")
    assert ops.cast(x, "float64") is x
    assert ops.cast(x, "bool").detail == "not_equal"
    assert ops.cast(x, "int32").dtype == "float32"


def test_no_gradient_passes() -> None:
    check_forward(ops.stop_gradient, lambda x: x, X)
    check_forward(ops.identity, lambda x: x, X)
    check_backward(lambda x: ops.stop_gradient(x) * 0 + x, X)


def test_new_arrays() -> None:
    assert (ops.zeros((2, 3)).dtype, ops.ones((2,), "int32").dtype, ops.full((2,), 3).tolist()) == (
        np.float32,
        np.int32,
        [3, 3],
    )
    np.testing.assert_array_equal(ops.eye(2, 3), np.eye(2, 3))
    np.testing.assert_array_equal(ops.arange(3), [0, 1, 2])
    np.testing.assert_allclose(ops.arange(1, 2, 0.25), np.arange(1, 2, 0.25))
    np.testing.assert_allclose(ops.linspace(0, 1, 5), np.linspace(0, 1, 5))
