import numpy as np
import pytest

from fastmlp.layers import Dense, Embedding, Flatten, Input
from fastmlp.models import Sequential

NUMBERS = np.array([[0, 3], [2, 2], [1, 3]])


def test_rows_of_the_table() -> None:
    layer = Embedding(4, 5)
    y = layer(NUMBERS)
    assert layer.embeddings.shape == (4, 5)
    np.testing.assert_array_equal(y, layer.embeddings.value[NUMBERS])
    assert layer(Input(())).shape == (None, 5)
    assert layer(Input((2, 7))).shape == (None, 2, 7, 5)


@pytest.mark.parametrize("number", [-1, 4, 1e10])
def test_a_number_that_is_none_gives_nan(number: float) -> None:
    y = Embedding(4, 3)(np.array([[number, 1]]))
    assert np.isnan(y[0, 0]).all()
    assert np.isfinite(y[0, 1]).all()


def test_only_rows_that_are_used_learn() -> None:
    model = Sequential([Input((2,)), Embedding(4, 3), Flatten(), Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    before = model.layers[0].get_weights()[0]
    model.fit(NUMBERS[:2], np.ones((2, 1)), verbose=0)
    changed = (model.layers[0].get_weights()[0] != before).any(axis=1)
    assert changed.tolist() == [True, False, True, True]


def test_a_table_to_start_with_and_the_length_of_keras_2() -> None:
    table = np.arange(8.0).reshape(4, 2)
    for weights in (table, [table]):
        np.testing.assert_array_equal(Embedding(4, 2, weights=weights)(NUMBERS), table[NUMBERS])
    assert Sequential([Embedding(4, 2, input_length=3)]).output_shape == (None, 3, 2)


@pytest.mark.parametrize(("rows", "columns"), [(0, 3), (3, 0), (2.0, 3), ("a", 3), (3, True)])
def test_sizes_are_positive(rows: object, columns: object) -> None:
    with pytest.raises(ValueError, match=r"`(in|out)put_dim` must be a positive integer"):
        Embedding(rows, columns)  # type: ignore[arg-type]


def test_numbers_of_rows_are_exact() -> None:
    with pytest.raises(ValueError, match=r"`input_dim` must be at most 16777216, up to which float32 has all"):
        Embedding(2**24 + 1, 1)(Input((2,)))
