import numpy as np

from fastmlp import random
from fastmlp.models._data.cursor import Cursor


def test_passes_in_the_given_order() -> None:
    cursor = Cursor(10, 4, shuffle=False)
    assert cursor.steps_per_pass == 3
    assert [cursor.rows_of(steps) for steps in (1, 3, 4, 6)] == [4, 10, 14, 20]
    spans = []
    for _ in range(4):
        first, last = cursor.next(2)
        cursor.position += last - first
        spans.append((first, last, cursor.steps))
    assert spans == [(0, 8, 2), (8, 10, 3), (0, 8, 5), (8, 10, 6)]
    assert cursor.order is None


def test_each_pass_has_an_order_of_its_own() -> None:
    random.set_seed(0)
    cursor, orders = Cursor(10, 4, shuffle=True), []
    for _ in range(4):
        first, last = cursor.next(2)
        cursor.position += last - first
        orders.append(cursor.order)
    assert orders[0] is orders[1]
    assert orders[2] is orders[3]
    assert sorted(orders[0].tolist()) == sorted(orders[2].tolist()) == list(range(10))
    assert not np.array_equal(orders[0], orders[2])
    random.set_seed(0)
    np.testing.assert_array_equal(orders[0], random.permutation(10))
    np.testing.assert_array_equal(orders[2], random.permutation(10))


def test_batches_of_neighbours_come_in_a_random_order() -> None:
    random.set_seed(1)
    cursor = Cursor(23, 4, shuffle="batch")
    cursor.next(1)
    order = cursor.order
    assert order is not None
    assert order.dtype == np.int64
    assert sorted(order.tolist()) == list(range(23))
    assert order[20:].tolist() == [20, 21, 22]
    batches = order[:20].reshape(5, 4)
    np.testing.assert_array_equal(np.diff(batches, axis=1), 1)
    assert sorted(batches[:, 0].tolist()) == [0, 4, 8, 12, 16]
    assert batches[:, 0].tolist() != [0, 4, 8, 12, 16]
    other = Cursor(23, 4, shuffle="batch")
    other.restore({**cursor.state(), "position": 8})
    np.testing.assert_array_equal(other.order, order)
