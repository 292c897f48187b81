import numpy as np
import pytest

from fastmlp import ops
from fastmlp.graph import Graph, Tensor, as_matrix, replay
from fastmlp.variables import Variable


def chain(depth: int, kernel: Variable, dtype: str = "float32") -> tuple[Tensor, Tensor]:
    x = y = ops.placeholder((3,), dtype, "x")
    for _ in range(depth):
        y = ops.activation(ops.dense(y, kernel), "tanh")
    return x, y


@pytest.mark.parametrize(("shape", "matrix"), [((), (1, 1)), ((8,), (1, 8)), ((28, 28), (28, 28)), ((2, 3, 4), (6, 4))])
def test_the_last_axis_makes_the_columns(shape: tuple[int, ...], matrix: tuple[int, int]) -> None:
    assert as_matrix(shape) == ops.placeholder(shape, "float32", "x").matrix == matrix


@pytest.mark.parametrize("use", [bool, float, int, len, iter, np.asarray, np.sum])
def test_a_tensor_has_no_value(use: object) -> None:
    with pytest.raises(TypeError, match=r"<Tensor x shape=.* stands for a computation and has no value"):
        use(ops.placeholder((3,), "float32", "x"))  # type: ignore[operator]


def test_what_is_made_of_variables_only_has_a_value() -> None:
    kernel = Variable((3, 2), "float64", lambda shape, dtype: np.arange(6).reshape(shape))
    assert float(ops.sum(kernel * kernel)) == 55
    np.testing.assert_array_equal(2 * kernel + 1, [[1, 3], [5, 7], [9, 11]])
    kernel.assign(np.ones((3, 2)))
    assert float(ops.sum(kernel * kernel)) == 6


def test_every_tensor_comes_after_what_it_reads_and_once() -> None:
    x = ops.placeholder((3,), "float32", "x")
    a = ops.activation(x, "relu")
    b = ops.add(a, x)
    c = ops.add(b, a)
    d = ops.add(c, b)
    graph = Graph([x], [d, a])
    assert graph.tensors == (a, b, c, d)
    assert Graph([a, x], [d]).tensors == (b, c, d)  # an input hides what is behind it


def test_a_deep_graph_needs_no_recursion() -> None:
    x, y = chain(3000, Variable((3, 3)))
    assert len(Graph([x], [y]).tensors) == 6000


def test_a_shared_variable_counts_once() -> None:
    kernel = Variable((3, 3))
    x, y = chain(2, kernel)
    assert Graph([x], [y]).variables == (kernel,)


def test_equal_graphs_have_equal_structure_and_the_same_variables() -> None:
    kernel = Variable((3, 3))
    graph = Graph(*[[t] for t in chain(2, kernel)])
    again = Graph(*[[t] for t in chain(2, kernel)])
    assert graph == again
    assert hash(graph) == hash(again)
    assert graph != Graph(*[[t] for t in chain(3, kernel)])
    assert graph != Graph(*[[t] for t in chain(2, Variable((3, 3)))])


def test_inputs_must_be_listed() -> None:
    x, y = (ops.placeholder((3,), "float32", name) for name in "xy")
    with pytest.raises(ValueError, match=r"Expected inputs: \['x'\]. Received outputs that depend on: 'y'"):
        Graph([x], [ops.add(x, y)])


def test_dtypes_are_not_mixed() -> None:
    x, y = chain(1, Variable((3, 3)), dtype="float64")
    with pytest.raises(ValueError, match=r"must have one dtype. Received: \['float32', 'float64'\]"):
        Graph([x], [y])


@pytest.mark.parametrize("training", [None, True, False])
def test_replay_shares_variables_and_settles_dropout(training: bool | None) -> None:
    kernel = Variable((3, 3))
    x, y = chain(1, kernel)
    new_x = ops.placeholder((3,), "float32", "new")
    (new_y,) = replay([ops.noise(y, "dropout", 0.5)], {x: new_x}, training)
    assert (new_y.op, new_y.training) == ("noise", training)
    graph = Graph([new_x], [new_y])
    assert graph.variables == (kernel,)
    assert y not in graph.tensors
