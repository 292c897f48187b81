from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import fastmlp
from fastmlp import layers, optimizers
from fastmlp.models._data import conversion
from fastmlp.models._data.conversion import input_arrays
from fastmlp.models._data.samples import Samples
from fastmlp.models._objective.heads import Heads
from fastmlp.models._objective.objective import Objective

RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 6))
Y = RNG.standard_normal(30)


def model_of() -> fastmlp.Sequential:
    fastmlp.utils.set_random_seed(1)
    model = fastmlp.Sequential([layers.Dense(4, activation="tanh", input_shape=[6]), layers.Dense(1)])
    model.compile(optimizers.SGD(0.1), "mse")
    return model


def test_series_and_columns_as_targets() -> None:
    expected = model_of()
    expected.fit(X, Y, batch_size=7, epochs=2, verbose=0)
    for y in (pd.Series(Y), pd.DataFrame(Y), Y[:, np.newaxis], Y.tolist(), [Y], np.repeat(Y, 2)[::2]):
        model = model_of()
        model.fit(X, y, batch_size=7, epochs=2, verbose=0)
        for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, other)


def test_a_list_of_one_array_is_that_array() -> None:
    model = fastmlp.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit([X], [Y], validation_data=([X], [Y]), verbose=0)
    assert model.input_shape == (None, 6)
    np.testing.assert_array_equal(model.predict([X]), model.predict(X.tolist()))


def test_one_column_may_be_a_vector() -> None:
    model = fastmlp.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(Y, Y, verbose=0)
    assert model.input_shape == (None, 1)
    np.testing.assert_array_equal(model.predict(Y), model.predict(Y[:, np.newaxis]))
    with pytest.raises(ValueError, match=r"`x` must be an array of at least one sample. Received: shape=\(\)"):
        model.predict(np.float64(3))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([["a"] * 6]), r"`x` must be an array of numbers. Received: ndarray of dtype <U1"),
        (np.array([[object()] * 6]), r"`x` must be an array of numbers. Received: ndarray of dtype object"),
        (X.astype(complex), r"`x` must be an array of numbers. Received: ndarray of dtype complex128"),
        (X.astype("M8[s]"), r"`x` must be an array of numbers. Received: ndarray of dtype datetime64\[s\]"),
        (pd.DataFrame({"a": ["b"]}), r"`x` must be an array of numbers. Received: "),
        (np.ma.masked_less(X, 9), r"`x` must be an array without masked values. Received: MaskedArray"),
        ([[1, 2], [3]], r"`x` must be an array of numbers. Received: list"),
        (np.empty((0, 6)), r"`x` must be an array of at least one sample. Received: shape=\(0, 6\)"),
        (np.empty((6,)), r"`x` must have shape \(samples, 6\) for the input '.*'. Received: shape=\(6,\)"),
        (np.empty((2, 3, 2)), r"`x` must have shape \(samples, 6\)"),
        ({"nobody": X}, r"`x` must be given by the names \['.*'\]. Received: \['nobody'\]"),
        (None, r"`x` must be an array of numbers. Received: NoneType of dtype object"),
        (scipy.sparse.csr_matrix(X.astype(complex)), r"`x` must be a matrix of numbers. Received: dtype=complex128"),
        (scipy.sparse.csr_matrix((0, 6)), r"`x` must be a sparse matrix of at least one sample. Received: .*\(0, 6\)"),
    ],
)
def test_what_cannot_be_read(x: Any, message: str) -> None:
    model = model_of()
    for call in (model.predict, lambda x: model.fit(x, Y, verbose=0), lambda x: model.evaluate(x, Y, verbose=0)):
        with pytest.raises(ValueError, match=message):
            call(x)


def test_several_inputs_come_by_order_or_by_name() -> None:
    first, second = layers.Input([2], name="first"), layers.Input([3], name="second")
    inputs, names = [first, second], ["first", "second"]
    a, b = np.ones((4, 2)), np.ones((4, 3))
    for x in ([a, b], (a, b), {"second": b, "first": a}):
        assert [id(array) for array in input_arrays(x, inputs, names)] == [id(a), id(b)]
    for x, message in [
        (a, r"`x` must be a list of 2 arrays, for first, second. Received: ndarray"),
        ([a], r"`x` must be a list of 2 arrays, for first, second. Received: 1 arrays"),
        ([a, b[:3]], r"same number of samples. Received: \[4, 3\]"),
        ({"first": a}, r"`x` must be given by the names"),
    ]:
        with pytest.raises(ValueError, match=message):
            input_arrays(x, inputs, names)


# ---- targets ----

INPUT = layers.Input([2], name="in")


def heads_of(loss: str, columns: int) -> Heads:
    return Objective(loss, None, None, None).heads([layers.Input([columns])], ["out"], [])


SPARSE = heads_of("sparse_categorical_crossentropy", 3)
CATEGORICAL = heads_of("categorical_crossentropy", 3)
BINARY = heads_of("binary_crossentropy", 1)
REGRESSION = heads_of("mse", 1)


def taken(y: Any, heads: Heads, sample_weight: Any = None) -> Samples:
    asks = Objective("mse", None, None, None).asks(["out"])
    targets = conversion.target_arrays(y, asks, "float32")
    inputs = input_arrays(np.zeros((len(targets[0]), 2)), [INPUT], ["in"])
    return conversion.samples(inputs, targets, sample_weight, heads.judged, "float32")


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i4", "i8", "f2", "f4", "f8", ">i4", "?"])
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_labels_of_any_dtype(dtype: str, shape: tuple[int, ...]) -> None:
    labels = np.array([0, 1, 1, 0]).reshape(shape).astype(dtype)
    np.testing.assert_array_equal(taken(labels, SPARSE).targets[0], labels)


@pytest.mark.parametrize(
    ("y", "heads", "message"),
    [
        ([0, 3], SPARSE, r"Targets must be class indices from 0 to 2. Received: 3 at index 1"),
        ([-1, 0], SPARSE, r"class indices from 0 to 2. Received: -1 at index 0"),
        (np.array([[0.5], [1]]), SPARSE, r"class indices from 0 to 2. Received: 0.5 at index \(0, 0\)"),
        ([1, np.nan], SPARSE, r"class indices from 0 to 2. Received: nan at index 1"),
        ([1, np.inf], SPARSE, r"class indices from 0 to 2. Received: inf at index 1"),
        (
            np.eye(3),
            SPARSE,
            r"`y` must have shape \(samples, 1\) .* targets go with 'categorical_crossentropy'",
        ),
        ([0, 1], CATEGORICAL, r"`y` must have shape \(samples, 3\) .* go with 'sparse_categorical_crossentropy'"),
        (np.eye(4), CATEGORICAL, r"`y` must have shape \(samples, 3\) for the output 'out'. Received: shape=\(4, 4\)"),
        ([[2, -1, 0]], CATEGORICAL, r"Targets of classes must not be negative. Received: -1 at index \(0, 1\)"),
        ([[np.nan, 1, 0]], CATEGORICAL, r"Received: nan at index \(0, 0\)"),
        ([0, 2], BINARY, r"Targets of a binary loss must be between 0 and 1. Received: 2 at index 1"),
        ([-1, 1], BINARY, r"between 0 and 1. Received: -1 at index 0"),
        ([np.nan, 1], BINARY, r"between 0 and 1. Received: nan at index 0"),
        ([np.nan, 1], REGRESSION, r"Targets must be finite numbers. Received: nan at index 0"),
        ([1, -np.inf], REGRESSION, r"Targets must be finite numbers. Received: -inf at index 1"),
        (np.zeros((2, 2)), REGRESSION, r"`y` must have shape \(samples, 1\) for the output 'out'"),
        (pd.Series([1.0, None]), REGRESSION, r"Targets must be finite numbers. Received: nan"),
        (["a", "b"], SPARSE, r"`y` must be an array of numbers"),
    ],
)
def test_targets_that_cannot_be(y: Any, heads: Heads, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        taken(y, heads)


def test_no_weights_are_no_array() -> None:
    assert taken([0, 1], SPARSE).weights == []


def test_parts_are_views() -> None:
    y = np.arange(5.0)
    whole = taken(y, REGRESSION, y)
    part = whole.part(1, 4)
    assert (len(whole), len(part), part.data().rows) == (5, 3, 3)
    for array in (*part.targets, *part.weights):
        assert array is not None
        assert np.shares_memory(array, y)
    assert np.shares_memory(part.inputs[0], whole.inputs[0])


def test_weights_of_classes_multiply_those_of_samples() -> None:
    plain, given, both = taken([0, 1], SPARSE), taken([0, 1], SPARSE, [2.0, 3.0]), np.array([0.5, 1])
    np.testing.assert_array_equal(plain.weighted(both).weights[0], [0.5, 1])
    np.testing.assert_array_equal(given.weighted(both).weights[0], [1, 3])
    np.testing.assert_array_equal(given.weights[0], [2, 3])
