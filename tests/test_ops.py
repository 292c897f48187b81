import pytest

from fastmlp import ops
from fastmlp.graph import Tensor
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
    assert ops.reshape(tensor(*shape), target).shape == (None, *expected)


@pytest.mark.parametrize("target", [(4,), (-1, -1), (4, -1), (0, -1), (-2, -3), (6, 0)])
def test_reshape_keeps_the_number_of_elements(target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"Cannot reshape samples of shape \(6,\)"):
        ops.reshape(tensor(6), target)


@pytest.mark.parametrize("op", [ops.add, ops.multiply])
def test_elementwise_ops_want_one_shape(op: object) -> None:
    assert op([tensor(2, 3), tensor(2, 3)]).shape == (None, 2, 3)  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"of one shape. Received shapes: \[\(None, 2\), \(None, 3\)\]"):
        op([tensor(2), tensor(3)])  # type: ignore[operator]
    with pytest.raises(ValueError, match="two or more tensors"):
        op([tensor(2)])  # type: ignore[operator]


def test_a_product_of_several_is_made_of_products_of_two() -> None:
    a, b, c = tensor(2), tensor(2), tensor(2)
    product = ops.multiply([a, b, c])
    assert product.inputs[1] is c
    assert product.inputs[0].inputs == (a, b)


@pytest.mark.parametrize(("axis", "expected"), [(-1, (2, 3, 8)), (3, (2, 3, 8))])
def test_concatenate_along_the_last_axis(axis: int, expected: tuple[int, ...]) -> None:
    assert ops.concatenate([tensor(2, 3, 4), tensor(2, 3, 4)], axis).shape == (None, *expected)


def test_concatenate_along_other_axes() -> None:
    assert ops.concatenate([tensor(2, 3, 4), tensor(5, 3, 4)], 1).shape == (None, 7, 3, 4)
    assert ops.concatenate([tensor(2, 3, 4), tensor(2, 5, 4)], -2).shape == (None, 2, 8, 4)


@pytest.mark.parametrize("axis", [0, 2, -2])
def test_concatenate_not_along_the_batch(axis: int) -> None:
    with pytest.raises(ValueError, match="`axis` must be one of the axes 1 to 1"):
        ops.concatenate([tensor(2), tensor(3)], axis)


def test_concatenate_wants_other_sizes_equal() -> None:
    with pytest.raises(ValueError, match="differ along axis -1 only"):
        ops.concatenate([tensor(2, 3), tensor(3, 3)])
