import math
from collections.abc import Callable

import numpy as np
import pytest
from ops.harness import check_backward, check_forward

from fastmlp import ops

Function = Callable[..., np.ndarray]

ANY = np.random.default_rng(0).uniform(-3, 3, (4, 2, 3))
POSITIVE = np.abs(ANY) + 0.1
# name, NumPy's, where
FUNCTIONS: list[tuple[str, Function, np.ndarray]] = [
    ("negative", np.negative, ANY),
    ("absolute", np.abs, ANY),
    ("abs", np.abs, ANY),
    ("sign", np.sign, ANY),
    ("square", np.square, ANY),
    ("sqrt", np.sqrt, POSITIVE),
    ("rsqrt", lambda x: 1 / np.sqrt(x), POSITIVE),
    ("reciprocal", np.reciprocal, POSITIVE),
    ("exp", np.exp, ANY),
    ("expm1", np.expm1, ANY),
    ("exp2", np.exp2, ANY),
    ("log", np.log, POSITIVE),
    ("log1p", np.log1p, POSITIVE),
    ("log2", np.log2, POSITIVE),
    ("log10", np.log10, POSITIVE),
    ("sin", np.sin, ANY),
    ("cos", np.cos, ANY),
    ("tan", np.tan, ANY / 3),
    ("sinh", np.sinh, ANY),
    ("cosh", np.cosh, ANY),
    ("erf", np.vectorize(math.erf), ANY),
    ("floor", np.floor, ANY),
    ("ceil", np.ceil, ANY),
    ("round", np.round, ANY),
    ("trunc", np.trunc, ANY),
]


@pytest.mark.parametrize(
    ("name", "expected", "x"), FUNCTIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_functions(name: str, expected: Function, x: np.ndarray) -> None:
    check_forward(getattr(ops, name), expected, x)
    check_backward(getattr(ops, name), x)


def test_functions_with_settings() -> None:
    check_forward(lambda x: ops.clip(x, -1, 2), lambda x: np.clip(x, -1, 2), ANY)
    check_backward(lambda x: ops.clip(x, -1, 2), ANY)
    check_forward(ops.clip, np.clip, ANY, ANY - 0.5, ANY[::-1] + 1)
    check_backward(ops.clip, ANY, ANY[::-1] - 0.5, ANY[::-1] + 1)
    check_forward(lambda x: ops.round(x, 1), lambda x: np.round(x, 1), ANY)


@pytest.mark.parametrize("x", [np.float64(2.25), 2.25, [1.0, 4.0], np.arange(4, dtype=np.uint8), np.float32(9)])
def test_other_things_than_arrays(x: object) -> None:
    y = ops.sqrt(x)
    assert y.dtype == ("float64" if isinstance(x, np.float64) else "float32")
    np.testing.assert_allclose(y, np.sqrt(np.asarray(x, float)), rtol=1e-6)


def test_empty_arrays_stay_empty() -> None:
    assert ops.exp(np.zeros((0, 3))).shape == (0, 3)
    np.testing.assert_array_equal(ops.matmul(np.zeros((2, 0)), np.zeros((0, 3))), np.zeros((2, 3)))


@pytest.mark.parametrize("x", ["a", np.array([1 + 2j]), None, object()])
def test_what_is_no_number(x: object) -> None:
    with pytest.raises(ValueError, match=r"a tensor or an array of real numbers. Received: "):
        ops.exp(x)
