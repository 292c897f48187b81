import copy
import pickle
from collections.abc import Callable

import numpy as np
import pytest

from fastmlp import variables
from fastmlp._engine import leading_dimension
from fastmlp.initializers import Ones
from fastmlp.variables import Variable, allocate


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "matrix"), [((), (1, 1)), ((5,), (1, 5)), ((3, 5), (3, 5)), ((2, 3, 5), (6, 5)), ((784, 300), (784, 300))]
)
def test_the_storage_is_padded_and_aligned_and_the_value_is_a_view_of_it(
    shape: tuple[int, ...], matrix: tuple[int, int], dtype: str
) -> None:
    variable = Variable(shape, dtype, Ones())
    assert variable.matrix == matrix
    assert variable.storage.shape == (matrix[0], leading_dimension(matrix[1], dtype))
    assert variable.storage.ctypes.data % 64 == 0
    assert variable.value.shape == variable.shape == shape
    assert np.shares_memory(variable.value, variable.storage)
    assert (variable.value == 1).all()
    assert variable.storage.sum() == variable.size


def test_numpy_and_asarray_give_copies() -> None:
    variable = Variable((2, 3), name="layer/kernel")
    for taken in (variable.numpy(), np.asarray(variable)):
        taken[...] = 7
    assert not variable.value.any()
    assert repr(variable) == "<Variable 'layer/kernel' shape=(2, 3) dtype=float32>"


def test_assign_checks_the_shape_first() -> None:
    variable = Variable((2, 3), initializer=Ones(), name="layer/kernel")
    with pytest.raises(ValueError, match=r"'layer/kernel' has shape \(2, 3\). Received a value of shape \(3,\)."):
        variable.assign([1.0, 2.0, 3.0])
    assert (variable.value == 1).all()
    variable.assign(np.arange(6).reshape(2, 3))
    assert variable.value.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("value", [np.full((2, 3), 1 + 2j), np.full((2, 3), "1"), np.full((2, 3), None)])
def test_assign_takes_real_numbers_only(value: np.ndarray) -> None:
    variable = Variable((2, 3), name="layer/kernel")
    with pytest.raises(ValueError, match=r"'layer/kernel' expects an array of real numbers. Received: dtype="):
        variable.assign(value)


def test_assign_leaves_nothing_in_the_padding() -> None:
    variable = Variable((2, 3))
    variable.storage[...] = np.nan  # as a step does whose batch holds NaN
    variable.assign(np.ones((2, 3)))
    assert variable.storage.sum() == variable.size


def test_sizes_are_positive() -> None:
    with pytest.raises(ValueError, match=r"must be positive. Received: shape=\(0, 3\)"):
        Variable((0, 3))


def test_sizes_are_not_absurd() -> None:
    with pytest.raises(ValueError, match=r"fewer than 2\*\*40 elements. Received: shape=\(1048576, 1048576\)"):
        Variable((2**20, 2**20))


def test_allocate_puts_variables_side_by_side_and_keeps_their_values() -> None:
    several = [Variable((3, 5), initializer=Ones()), Variable((5,)), Variable((5, 2), initializer=Ones())]
    before = [variable.numpy() for variable in several]
    version = variables.layout_version()
    allocate(several)
    assert variables.layout_version() > version
    addresses = [variable.storage.ctypes.data for variable in several]
    ends = [address + variable.storage.nbytes for address, variable in zip(addresses, several, strict=True)]
    assert addresses[1:] == ends[:-1]
    assert addresses[0] % 64 == 0
    for variable, value in zip(several, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)
        assert np.shares_memory(variable.value, variable.arena)


def test_what_has_an_arena_stays_there() -> None:
    first, second = Variable((3, 5)), Variable((5,))
    allocate([first])
    address, version = first.storage.ctypes.data, variables.layout_version()
    allocate([first])
    assert variables.layout_version() == version
    allocate([first, second, second])
    assert first.storage.ctypes.data == address
    assert second.arena is not None
    assert second.arena is not first.arena


def test_frozen_variables_are_not_trained() -> None:
    variable, state = Variable((2,)), Variable((2,), trainable=False)
    assert variable.trainable
    assert not state.trainable
    variable.frozen = True
    assert not variable.trainable


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda variable: pickle.loads(pickle.dumps(variable))])
def test_copies_are_aligned_and_independent(copied: Callable[[Variable], Variable]) -> None:
    variable = Variable((3, 5), "float64", Ones(), "layer/kernel", trainable=False)
    allocate([Variable((3,)), variable])
    other = copied(variable)
    assert repr(other) == repr(variable)
    assert not other.trainable
    assert other.arena is None
    assert other.storage.ctypes.data % 64 == 0
    np.testing.assert_array_equal(other.storage, variable.storage)
    other.value[...] = 3
    assert (variable.value == 1).all()


def test_adding_and_subtracting_in_place() -> None:
    variable = Variable((2, 3), "float64", Ones())
    variable.assign_add(np.arange(6).reshape(2, 3))
    variable.assign_sub(0.5)
    np.testing.assert_array_equal(variable.value, np.arange(6).reshape(2, 3) + 0.5)
    assert variable.ndim == 2
    with pytest.raises(ValueError, match=r"has shape \(2, 3\). Received a value of shape \(4, 2, 3\)"):
        variable.assign_add(np.ones((4, 2, 3)))


def test_values_are_no_shape() -> None:
    with pytest.raises(ValueError, match=r"`shape` must be integers; first values come from `initializer`"):
        Variable(np.ones(3))  # type: ignore[arg-type]
