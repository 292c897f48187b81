from fastmlp import ops
from fastmlp.layers import Concatenate, Dense, Flatten, Input
from fastmlp.models._topology import nodes_by_depth, source_nodes


def names(inputs: list, outputs: list) -> list[str]:
    return [node.layer.name for node in nodes_by_depth(inputs, outputs)]


def test_wide_and_deep_in_the_order_of_keras() -> None:
    wide, deep = Input((5,), name="wide"), Input((6,), name="deep")
    hidden1 = Dense(30, name="hidden1")(deep)
    hidden2 = Dense(30, name="hidden2")(hidden1)
    concat = Concatenate(name="concat")([wide, hidden2])
    main, aux = Dense(1, name="main")(concat), Dense(1, name="aux")(hidden2)
    assert names([wide, deep], [main, aux]) == ["deep", "hidden1", "wide", "hidden2", "concat", "main", "aux"]


def test_a_shared_layer_is_as_deep_as_its_deepest_call() -> None:
    x, shared = Input((4,), name="x"), Dense(4, name="shared")
    y = Dense(4, name="top")(Flatten(name="flat")(shared(shared(x))))
    assert names([x], [y]) == ["x", "shared", "shared", "flat", "top"]


def test_unused_inputs_come_last() -> None:
    x, unused = Input((4,), name="x"), Input((4,), name="unused")
    assert names([unused, x], [Dense(1, name="y")(x)]) == ["x", "y", "unused"]


def test_ops_between_layers_are_looked_through() -> None:
    a, b = Dense(3, name="a")(Input((4,), name="x")), Input((3,), name="b")
    assert [node.layer.name for node in source_nodes([ops.add(a, ops.multiply(b, a))])] == ["a", "b"]


def test_long_chains_need_no_recursion() -> None:
    x = y = Input((1,))
    for _ in range(3000):
        y = Flatten()(y)
    assert len(nodes_by_depth([x], [y])) == 3001
