"""What it costs to say the same work in another way, and what layers beside dense ones cost."""

from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import fastmlp as keras
from benches.workloads.timing import ROUNDS, THREADS, run
from benches.workloads.workload import FASHION_SGD_32, HOUSING

EPOCHS = 20


class WideAndDeep(keras.Model):
    """The chapter's network with one output, as a subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden1 = keras.layers.Dense(30, activation="relu")
        self.hidden2 = keras.layers.Dense(30, activation="relu")
        self.out = keras.layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        """Return a tensor of shape (None, 1)."""
        deep = self.hidden2(self.hidden1(inputs))
        return self.out(keras.layers.concatenate([inputs, deep]))


def hidden() -> list[keras.Layer]:
    """Return the layers of the deep part."""
    return [keras.layers.Dense(30, activation="relu"), keras.layers.Dense(30, activation="relu")]


def deep() -> keras.Model:
    """Return the deep part alone: less work than the others, to see what the way past it costs."""
    return keras.Sequential([keras.Input((8,)), *hidden(), keras.layers.Dense(1)])


def joined() -> keras.Model:
    """Return what the output layer of the network sees, as a functional model."""
    x = keras.Input((8,))
    first, second = hidden()
    return keras.Model(x, keras.layers.Concatenate()([x, second(first(x))]))


def sequential() -> keras.Model:
    """Return the network as a stack, whose first layer is a model with two ways through it."""
    return keras.Sequential([joined(), keras.layers.Dense(1)])


def functional() -> keras.Model:
    """Return the network as a functional model."""
    model = joined()
    return keras.Model(model.inputs, keras.layers.Dense(1)(model.outputs[0]))


@pytest.mark.benchmark(group="Wide & Deep on California housing, SGD, batch 32")
@pytest.mark.parametrize(
    "way", [deep, sequential, functional, WideAndDeep], ids=["deep part alone", "sequential", "functional", "subclass"]
)
def bench_wide_and_deep(benchmark: BenchmarkFixture, way: Any) -> None:
    x, y = HOUSING.data()
    model = way()
    model.compile(loss="mse", optimizer=keras.optimizers.SGD(HOUSING.learning_rate))
    run(benchmark, lambda: model.fit(x, y, epochs=EPOCHS, verbose=0), None, THREADS, rounds=ROUNDS)


def image_classifier(normalized: bool) -> keras.Model:
    """Return the chapter's classifier, with BatchNormalization and Dropout behind each hidden layer or without."""
    between = [keras.layers.BatchNormalization, lambda: keras.layers.Dropout(0.2)] if normalized else []
    layers: list[Any] = [keras.Input((784,))]
    for units in (300, 100):
        layers += [keras.layers.Dense(units, activation="relu"), *(make() for make in between)]
    return keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])


@pytest.mark.benchmark(group="Fashion-MNIST, SGD, batch 32, with BatchNormalization and Dropout")
@pytest.mark.parametrize("normalized", [False, True], ids=["without", "with"])
def bench_normalization_and_dropout(benchmark: BenchmarkFixture, normalized: bool) -> None:
    x, y = FASHION_SGD_32.data()
    model = image_classifier(normalized)
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.SGD(0.01), metrics=["accuracy"])
    run(benchmark, lambda: model.fit(x, y, verbose=0), None, THREADS, rounds=ROUNDS)
