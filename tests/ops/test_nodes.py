from collections.abc import Callable

import numpy as np
import pytest
from gradients import check_gradients

from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.initializers import VarianceScaling
from fastmlp.variables import Variable


def tensor(*shape: int) -> Tensor:
    return ops.placeholder(shape, "float32", "x")


def test_dense_works_along_the_last_axis() -> None:
    assert ops.dense(tensor(28, 5), Variable((5, 3)), Variable((3,))).shape == (None, 28, 3)
    with pytest.raises(ValueError, match=r"the size of the kernel's first, 4. Received: input of shape \(None, 5\)"):
        ops.dense(tensor(5), Variable((4, 3)))


@pytest.mark.parametrize(
    ("shape", "target", "expected"),
    [
        ((28, 28), (-1,), (784,)),
        ((784,), (28, 28), (28, 28)),
        ((6,), (2, -1), (2, 3)),
        ((), (-1,), (1,)),
        ((1,), (), ()),
    ],
)
def test_reshape_finds_one_size(shape: tuple[int, ...], target: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert ops.reshape_samples(tensor(*shape), target).shape == (None, *expected)


@pytest.mark.parametrize("target", [(4,), (-1, -1), (4, -1), (0, -1), (-2, -3), (6, 0)])
def test_reshape_keeps_the_number_of_elements(target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"Cannot reshape samples of shape \(6,\)"):
        ops.reshape_samples(tensor(6), target)


@pytest.mark.parametrize(("axis", "expected"), [(-1, (2, 3, 8)), (3, (2, 3, 8))])
def test_concatenate_along_the_last_axis(axis: int, expected: tuple[int, ...]) -> None:
    assert ops.concatenate([tensor(2, 3, 4), tensor(2, 3, 4)], axis).shape == (None, *expected)


def test_concatenate_along_other_axes() -> None:
    assert ops.concatenate([tensor(2, 3, 4), tensor(5, 3, 4)], 1).shape == (None, 7, 3, 4)
    assert ops.concatenate([tensor(2, 3, 4), tensor(2, 5, 4)], -2).shape == (None, 2, 8, 4)


@pytest.mark.parametrize("axis", [0, 2, -2, -3, "a", None])
def test_concatenate_not_along_the_batch(axis: object) -> None:
    with pytest.raises(ValueError, match="`axis` must "):
        ops.concatenate([tensor(2), tensor(3)], axis)  # type: ignore[arg-type]


def test_concatenate_wants_other_sizes_equal() -> None:
    with pytest.raises(ValueError, match="differ along axis -1 only"):
        ops.concatenate([tensor(2, 3), tensor(3, 3)])


def variable(*shape: int) -> Variable:
    return Variable(shape, "float64", VarianceScaling(seed=sum(shape)), name=f"v{shape}")


def hidden(x: Tensor, units: int) -> Tensor:
    """A tensor that depends on variables: what an op under test reads."""
    return ops.activation(ops.dense(x, variable(x.sample_shape[-1], units), variable(units)), "tanh")


@pytest.mark.parametrize(
    "op",
    [
        lambda x: ops.dense(hidden(x, 5), variable(5, 3)),
        lambda x: ops.dense(hidden(x, 5), variable(5, 3), variable(3)),
        lambda x: ops.reshape_samples(hidden(x, 5), (-1,)),
        lambda x: ops.dense(ops.reshape_samples(hidden(x, 6), (2, 3, 4)), variable(4, 2)),
        lambda x: hidden(x, 5) + hidden(x, 5) + hidden(x, 5),
        lambda x: hidden(x, 5) * hidden(x, 5) * hidden(x, 5),
        lambda x: ops.concatenate([hidden(x, 5), hidden(x, 3)]),
        lambda x: ops.concatenate([hidden(x, 5), hidden(x, 5), hidden(x, 5)], axis=1),
        lambda x: ops.noise(hidden(x, 5), "dropout", 0.4),
        lambda x: ops.noise(hidden(x, 5), "alpha_dropout", 0.4),
        lambda x: ops.noise(hidden(x, 5), "gaussian_dropout", 0.4),
        lambda x: ops.noise(hidden(x, 5), "gaussian_noise", 0.4),
        lambda x: ops.identity(hidden(x, 5)),
    ],
    ids=[
        "dense",
        "bias",
        "flatten",
        "reshape",
        "add",
        "multiply",
        "columns",
        "rows",
        "dropout",
        "alpha_dropout",
        "gaussian_dropout",
        "gaussian_noise",
        "identity",
    ],
)
@pytest.mark.parametrize("rows", [1, 7])
def test_gradients(op: Callable[[Tensor], Tensor], rows: int) -> None:
    x = ops.placeholder((4, 3), "float64", "x")
    check_gradients([x], [op(x)], [np.random.default_rng(rows).standard_normal((rows, 4, 3))])


def test_gradients_where_tensors_and_variables_are_used_several_times() -> None:
    x, y = (ops.placeholder((5,), "float64", name) for name in "xy")
    kernel, bias = variable(5, 5), variable(5)
    a = ops.activation(ops.dense(x, kernel, bias), "sigmoid")
    b = ops.activation(ops.dense(a + y + a, kernel, bias), "softplus")
    c = a * ops.activation(ops.dense(b, kernel), "softmax") * b
    arrays = np.random.default_rng(0).standard_normal((2, 6, 5))
    check_gradients([x, y], [ops.concatenate([c, a]), b * b, a], arrays)
