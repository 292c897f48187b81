from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ops.harness import check_backward, check_forward

from fastmlp import ops

X = np.random.default_rng(0).normal(size=(4, 2, 3, 5))
AXES: list[Any] = [-1, 1, 2, (1, 2), (1, -1), (1, 2, 3)]
OVER_BATCH: list[Any] = [None, 0, (0, 2), (0, 3), (0, 1, 2, 3)]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "logsumexp": lambda x, axis, keepdims: np.log(np.exp(x).sum(axis=axis, keepdims=keepdims)),
    "var": np.var,
    "std": np.std,
    "any": lambda x, axis, keepdims: np.any(x, axis=axis, keepdims=keepdims),
    "all": lambda x, axis, keepdims: np.all(x, axis=axis, keepdims=keepdims),
    "norm": lambda x, axis, keepdims: np.sqrt((x**2).sum(axis=axis, keepdims=keepdims)),
}
MEANS = ("sum", "mean", "var", "std", "norm")


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_within_samples(name: str, axis: Any, keepdims: bool) -> None:
    x = np.where(X < 0.1, 0, X) if name in ("any", "all") else X
    check_forward(
        lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims),
        lambda x: FUNCTIONS[name](x, axis=axis, keepdims=keepdims),
        x,
    )
    if name not in ("any", "all"):
        check_backward(lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims), X[:2])


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", OVER_BATCH, ids=str)
@pytest.mark.parametrize("name", MEANS)
def test_over_the_batch(name: str, axis: Any, keepdims: bool) -> None:
    check_forward(
        lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims),
        lambda x: FUNCTIONS[name](x, axis=axis, keepdims=keepdims),
        X,
    )
    check_backward(lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims), X[:2])


def test_batches_larger_than_those_of_a_prediction() -> None:
    x = np.random.default_rng(0).normal(size=(1200, 3))
    check_forward(lambda x: ops.mean(x), np.mean, x)
    check_forward(lambda x: x - ops.mean(x, axis=0), lambda x: x - x.mean(0), x)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_indices(name: str, axis: int, keepdims: bool) -> None:
    check_forward(
        lambda x: getattr(ops, name)(x, axis=axis, keepdims=keepdims),
        lambda x: getattr(np, name)(x, axis=axis, keepdims=keepdims),
        X,
    )


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_indices_have_no_derivative(name: str) -> None:
    check_backward(lambda x: x * getattr(ops, name)(x, axis=-1, keepdims=True), X[:2, 0, :2])


@pytest.mark.parametrize("axis", [None, 0, (0, 1)])
def test_what_cannot_be_taken_over_the_batch(axis: Any) -> None:
    with pytest.raises(ValueError, match=r"max cannot be taken over the batch axis.* Received: axis="):
        ops.max(ops.placeholder((3,), "float32", "x"), axis=axis)
    assert ops.max(X, axis=axis).shape == np.max(X, axis=axis).shape


@pytest.mark.parametrize("axis", [2, -3, "a", (0, 5)])
def test_axes_that_are_not_there(axis: Any) -> None:
    with pytest.raises(ValueError, match=r"`axis` must name axes of a tensor of shape \(None, 3\). Received: axis="):
        ops.sum(ops.placeholder((3,), "float32", "x"), axis=axis)


def test_moments_counts_and_norms() -> None:
    check_forward(lambda x: ops.moments(x, axes=(1, 3)), lambda x: (x.mean((1, 3)), x.var((1, 3))), X)
    check_forward(lambda x: ops.count_nonzero(x, axis=1), lambda x: np.count_nonzero(x, axis=1), np.round(X))
    for order in (1, 2, np.inf):
        check_forward(
            lambda x, order=order: ops.norm(x, order, axis=1),
            lambda x, order=order: np.linalg.norm(x, order, axis=1),
            X,
        )
        check_forward(
            lambda x, order=order: ops.normalize(x, axis=1, order=order),
            lambda x, order=order: x / np.linalg.norm(x, order, axis=1, keepdims=True),
            X,
        )
    check_backward(lambda x: ops.normalize(x), X[:2])
    check_forward(ops.l2_normalize, lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True), X)
    np.testing.assert_array_equal(ops.normalize(np.zeros((2, 3))), 0)
    with pytest.raises(ValueError, match=r"`ord` must be None, 1, 2 or inf. Received: ord=3"):
        ops.norm(X, 3)


def test_the_greatest_share_their_gradient() -> None:
    x = np.array([[1.0, 2, 2], [0, 0, 0]])
    check_forward(lambda x: ops.max(x, axis=-1), lambda x: x.max(-1), x)
