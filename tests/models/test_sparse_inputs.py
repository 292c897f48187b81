"""Models trained on SciPy's sparse matrices, against the same rows as arrays."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse

import fastmlp as keras

X = np.where(np.random.default_rng(0).random((90, 40)) < 0.15, np.random.default_rng(1).normal(size=(90, 40)), 0.0)
Y = np.random.default_rng(2).normal(size=(90, 1))
MATRICES = [sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.csr_matrix]


def built() -> keras.Model:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((40,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.05, momentum=0.9))
    return model


@pytest.mark.parametrize("kind", MATRICES)
def test_all_that_models_do_with_arrays(kind: Any) -> None:
    dense, matrix = built(), built()
    x = kind(X)
    expected = dense.fit(X, Y, epochs=3, verbose=0, validation_split=0.2, shuffle=False)
    keras.utils.set_random_seed(3)  # the weights are drawn now, and so is the order of the rows
    history = matrix.fit(x, Y, epochs=3, verbose=0, validation_split=0.2, shuffle=False)
    for name, values in expected.history.items():
        np.testing.assert_allclose(history.history[name], values, rtol=1e-4)
    np.testing.assert_allclose(matrix.predict(x), dense.predict(X), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(matrix.evaluate(x, Y, verbose=0), dense.evaluate(X, Y, verbose=0), rtol=1e-4)
    np.testing.assert_allclose(matrix.train_on_batch(x, Y), dense.train_on_batch(X, Y), rtol=1e-4)
    np.testing.assert_allclose(matrix(x), dense(X), rtol=1e-3, atol=1e-5)


def test_a_sparse_input_beside_a_dense_one() -> None:
    def wide_and_deep() -> keras.Model:
        keras.utils.set_random_seed(3)
        wide, deep = keras.Input((40,)), keras.Input((3,))
        both = keras.layers.concatenate([wide, keras.layers.Dense(4, activation="relu")(deep)])
        model = keras.Model([wide, deep], keras.layers.Dense(1)(both))
        model.compile(loss="mse", optimizer="sgd")
        return model

    z = np.random.default_rng(5).normal(size=(90, 3))
    expected = wide_and_deep().fit([X, z], Y, epochs=2, verbose=0, shuffle=False).history["loss"]
    found = wide_and_deep().fit([sparse.csr_array(X), z], Y, epochs=2, verbose=0, shuffle=False).history["loss"]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_only_the_values_are_in_memory() -> None:
    """Dense, the matrix would take 8 GB."""
    columns = 10**6
    x = sparse.csr_array((np.ones(2000, np.float32), (np.arange(2000), np.arange(2000) % 7)), shape=(2000, columns))
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(0.1))
    model.fit(x, np.ones(2000), batch_size=2000, epochs=1, verbose=0)
    weights = model.get_weights()[0]
    assert (weights[:7] > 0).all()
    assert not weights[7:1000].any()


@pytest.mark.parametrize(
    ("form", "index", "sentence"),
    [("csr", 2**32, "Columns must be from 0 to 39"), ("csc", 2**32, "Rows must be from 0 to 89"), ("csc", -1, "Rows")],
)
def test_indices_outside_of_the_matrix(form: str, index: int, sentence: str) -> None:
    matrix = sparse.csr_array(X).asformat(form)
    matrix.indices = matrix.indices.astype(np.int64)
    matrix.indices[5] = index
    for use in (lambda: built().fit(matrix, Y, verbose=0), lambda: built().predict(matrix, verbose=0)):
        with pytest.raises(ValueError, match=rf"^{sentence}.* Received: {index}$"):
            use()
