from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ops.harness import check_backward, check_forward

from fastmlp import ops

X = np.random.default_rng(0).normal(size=(4, 2, 3, 5))
Y = np.random.default_rng(1).normal(size=(4, 2, 4, 5))
FUNCTIONS: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
    (lambda x: ops.reshape(x, (-1, 6, 5)), lambda x: x.reshape(-1, 6, 5)),
    (lambda x: ops.expand_dims(x, 1), lambda x: np.expand_dims(x, 1)),
    (lambda x: ops.expand_dims(x, (1, -1)), lambda x: np.expand_dims(x, (1, -1))),
    (lambda x: ops.squeeze(ops.expand_dims(x, 2), 2), lambda x: x),
    (lambda x: ops.squeeze(ops.expand_dims(x, 2)), lambda x: x),
    (lambda x: ops.transpose(x, (0, 3, 1, 2)), lambda x: np.transpose(x, (0, 3, 1, 2))),
    (lambda x: ops.swapaxes(x, 1, -1), lambda x: np.swapaxes(x, 1, -1)),
    (lambda x: ops.moveaxis(x, 1, -1), lambda x: np.moveaxis(x, 1, -1)),
    (lambda x: ops.flip(x, 1), lambda x: np.flip(x, 1)),
    (lambda x: ops.flip(x, (1, 3)), lambda x: np.flip(x, (1, 3))),
    (lambda x: ops.repeat(x, 2, axis=2), lambda x: np.repeat(x, 2, axis=2)),
    (lambda x: ops.tile(x, (1, 2, 1, 3)), lambda x: np.tile(x, (1, 2, 1, 3))),
    (lambda x: ops.tile(x, 2), lambda x: np.tile(x, 2)),
    (lambda x: ops.take(x, [2, 0, 0], axis=2), lambda x: np.take(x, [2, 0, 0], axis=2)),
    (lambda x: ops.take(x, -1, axis=2), lambda x: np.take(x, -1, axis=2)),
    (lambda x: x[:, 0], lambda x: x[:, 0]),
    (lambda x: x[:, :, 1:3, ::2], lambda x: x[:, :, 1:3, ::2]),
    (lambda x: x[..., -1], lambda x: x[..., -1]),
    (lambda x: x[:, None, 1], lambda x: x[:, None, 1]),
    (lambda x: x[:, :, [0, 2]], lambda x: x[:, :, [0, 2]]),
    (lambda x: ops.split(x, 3, axis=2), lambda x: np.split(x, 3, axis=2)),
    (lambda x: ops.split(x, [1, 4], axis=-1), lambda x: np.split(x, [1, 4], axis=-1)),
    (lambda x: ops.concatenate([x, x[:, :, :1]], axis=2), lambda x: np.concatenate([x, x[:, :, :1]], axis=2)),
    (lambda x: ops.unstack(x, axis=2), lambda x: [x[:, :, i] for i in range(3)]),
    (lambda x: ops.concatenate([x, x * 2]), lambda x: np.concatenate([x, x * 2], axis=-1)),
    (lambda x: ops.stack([x, x + 1], axis=1), lambda x: np.stack([x, x + 1], axis=1)),
    (lambda x: ops.stack([x, x + 1, x], axis=-1), lambda x: np.stack([x, x + 1, x], axis=-1)),
    (lambda x: ops.broadcast_to(x[:, :1], (None, *x.shape[1:])) if x.shape[0] is None else x[:, :1].repeat(2, 1),
     lambda x: x[:, :1].repeat(2, 1)),
    (lambda x: ops.zeros_like(x) + ops.ones_like(x) * ops.full_like(x, 3), lambda x: np.full_like(x, 3)),
    (lambda x: ops.cumsum(x, axis=2), lambda x: np.cumsum(x, axis=2)),
]  # fmt: skip


@pytest.mark.parametrize(("function", "expected"), FUNCTIONS)
def test_functions(function: Callable[[Any], Any], expected: Callable[[Any], Any]) -> None:
    check_forward(lambda x: function(x), expected, X)
    check_backward(function, X[:2])


def test_arrays_move_along_every_axis() -> None:
    for function, expected in (
        (ops.transpose, np.transpose),
        (ops.flatten, np.ravel),
        (ops.flip, np.flip),
        (lambda x: ops.split(x, 2), lambda x: np.split(x, 2)),
        (lambda x: ops.stack([x, x]), lambda x: np.stack([x, x])),
        (lambda x: ops.concatenate([x, x], axis=0), lambda x: np.concatenate([x, x])),
        (lambda x: ops.take(x, [1, 0], axis=0), lambda x: np.take(x, [1, 0], axis=0)),
        (lambda x: ops.repeat(x, 2), lambda x: np.repeat(x, 2)),
        (lambda x: ops.broadcast_to(x, (2, *x.shape)), lambda x: np.broadcast_to(x, (2, *x.shape))),
        (lambda x: ops.reshape(x, (2, -1)), lambda x: x.reshape(2, -1)),
    ):
        check_forward(function, expected, X, batched=[False])
        check_backward(function, X[:2], batched=[False])


def test_constants_beside_tensors() -> None:
    constant = np.arange(30.0).reshape(2, 3, 5)
    both = lambda x: ops.concatenate([x, constant], axis=2)  # noqa: E731
    x = ops.placeholder((2, 4, 5), "float64", "x")
    assert both(x).shape == (None, 2, 7, 5)
    check_backward(both, Y[:2])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda x: ops.reshape(x, (6, 5)),
            r"The first size must be -1, for the batch axis. Received: newshape=\(6, 5\)",
        ),
        (lambda x: ops.reshape(x, (-1, 7)), r"Cannot reshape samples of shape \(2, 3, 5\)"),
        (lambda x: ops.transpose(x), "the batch axis first. Received: axes=None"),
        (lambda x: ops.concatenate([x, x], axis=0), "`axis` must not be the batch axis"),
        (lambda x: ops.concatenate([x, x[:, 0]]), "differ along axis -1 only"),
        (lambda x: ops.concatenate([]), r"concatenate expects a list of tensors. Received: \(?\[?"),
        (lambda x: ops.stack([x, x], axis=0), "`axis` must not be the batch axis"),
        (lambda x: ops.expand_dims(x, 7), "`axis` must be an integer from -5 to 4. Received: axis=7"),
        (lambda x: ops.squeeze(x, 1), r"must have size 1. Received: axis=1 of shape \(None, 2, 3, 5\)"),
        (lambda x: ops.split(x, 2, axis=2), "2 parts of one size must make up axis 2"),
        (lambda x: ops.tile(x, (2, 1, 1, 1)), "The batch axis must be repeated once"),
        (lambda x: ops.broadcast_to(x, (None, 2, 3, 6)), "Received: "),
        (lambda x: x[:, 2:], "at least one element. Received: an empty part"),
    ],
)
def test_what_cannot_be_done(function: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        function(ops.placeholder((2, 3, 5), "float32", "x"))


@pytest.mark.parametrize("key", [0, slice(1, 3), (slice(None), 5), ([0, 1], 0)])
def test_indices_that_are_not_there(key: Any) -> None:
    with pytest.raises(IndexError):
        ops.placeholder((2, 3), "float32", "x")[key]


def test_shape_rank_and_size() -> None:
    x = ops.placeholder((2, 3), "float32", "x")
    assert (ops.shape(x), ops.ndim(x), ops.size(x)) == ((None, 2, 3), 3, 6)
    assert (ops.shape([[1, 2]]), ops.ndim(X), ops.size(X)) == ((1, 2), 4, 120)
    assert ops.reshape(x, (ops.shape(x)[0], 6)).shape == (None, 6)
