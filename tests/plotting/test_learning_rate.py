import numpy as np
import pytest

import fastmlp
from fastmlp import Sequential, layers, plotting, random

RNG = np.random.default_rng(5)
X = RNG.normal(size=(64, 3))
Y = X @ np.array([[1.0], [-2.0], [0.5]]) + RNG.normal(scale=0.5, size=(64, 1))


def linear_model() -> Sequential:
    model = Sequential([layers.Dense(1, use_bias=False, input_shape=[3], dtype="float64")])
    model.set_weights([np.zeros((3, 1))])
    model.compile("sgd", "mse")
    return model


def test_losses_are_those_of_gradient_descent_with_a_growing_rate() -> None:
    curve = plotting.find_learning_rate(linear_model(), X, Y, low=1e-3, high=1, iterations=30, batch_size=64)
    kernel, losses = np.zeros((3, 1)), []
    rates = [1e-3 * 1000 ** (i / 29) for i in range(30)]
    for rate in rates:
        error = X @ kernel - Y
        losses.append(np.mean(error**2))
        kernel -= rate * 2 / 64 * X.T @ error
    np.testing.assert_allclose(curve.rates, rates, rtol=1e-9)
    np.testing.assert_allclose(curve.losses, losses, rtol=1e-6)


def test_the_suggestion_trains_and_some_times_as_much_diverges() -> None:
    fastmlp.utils.set_random_seed(3)
    curve = plotting.find_learning_rate(linear_model(), X, Y, low=1e-4, batch_size=16)
    assert curve.suggestion == curve.diverges / 2
    greatest = np.linalg.eigvalsh(2 / 64 * X.T @ X)[-1]
    assert 0.2 < curve.diverges * greatest / 2 < 2  # steps on all rows at once grow from 1 on
    last = {}
    for factor in (1, 8):
        model = linear_model()
        model.optimizer.learning_rate = factor * curve.suggestion
        last[factor] = model.fit(X, Y, batch_size=16, epochs=20, verbose=0).history["loss"][-1]
    assert last[1] < 0.5  # the variance of the noise is 0.25, that of Y is 5
    assert last[8] > 1e6


def trained_as_suggested(model: Sequential, x: np.ndarray, y: np.ndarray) -> list[float]:
    curve = plotting.find_learning_rate(model, x, y)
    assert curve.suggestion is not None
    model.optimizer.learning_rate = curve.suggestion
    return model.fit(x, y, epochs=5, verbose=0).history["loss"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("optimizer", "depth"), [("sgd", 1), ("sgd", 3), ("adam", 3)])
def test_samples_far_from_all_others_are_minded(optimizer: str, depth: int, seed: int) -> None:
    """Ten of ten thousand rows are twenty times as far from the mean: of rates that are too high, few see one."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(10000, 8))
    x[:10] *= 20
    y = np.tanh(x[:, :1]) + 0.5 * np.sin(2 * x[:, 1:2]) + 0.1 * rng.normal(size=(10000, 1))
    fastmlp.utils.set_random_seed(seed)
    model = Sequential([*(layers.Dense(30, activation="relu") for _ in range(depth)), layers.Dense(1)])
    model.compile(optimizer, "mse")
    losses = trained_as_suggested(model, x, y)
    assert losses[-1] < 0.8 * y.var()


@pytest.mark.parametrize("seed", range(3))
def test_the_suggestion_suits_california_housing(seed: int) -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="needs scikit-learn: pip install fastmlp[sklearn]")
    try:
        housing = datasets.fetch_california_housing(download_if_missing=False)
    except OSError:
        pytest.skip("needs California housing: sklearn.datasets.fetch_california_housing() downloads it")
    x = (housing.data - housing.data.mean(axis=0)) / housing.data.std(axis=0)
    fastmlp.utils.set_random_seed(seed)
    model = Sequential([layers.Dense(30, activation="relu", input_shape=[8]), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert trained_as_suggested(model, x, housing.target)[-1] < 0.5  # the variance of the targets is 1.33


def test_the_suggestion_suits_a_classifier_of_images() -> None:
    """Ten noisy patterns of 28 x 28 pixels."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=4000)
    images = np.clip(rng.uniform(size=(10, 28, 28))[labels] + rng.normal(scale=0.8, size=(4000, 28, 28)), 0, 1)
    fastmlp.utils.set_random_seed(0)
    model = Sequential([layers.Flatten(), layers.Dense(50, activation="relu"), layers.Dense(10, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    losses = trained_as_suggested(model, images, labels)
    assert losses[-1] < 0.1
    assert losses == sorted(losses, reverse=True)


def test_no_rate_is_suggested_where_nothing_diverges() -> None:
    curve = plotting.find_learning_rate(linear_model(), X, Y, low=1e-4, high=1e-2, iterations=50, batch_size=64)
    assert curve.suggestion is None
    assert len(curve.losses) == 50


def test_it_ends_when_the_loss_is_no_number() -> None:
    curve = plotting.find_learning_rate(linear_model(), X, Y, low=1e-3, high=1e30, iterations=60)
    assert len(curve.rates) == len(curve.losses) < 60
    assert np.isfinite(curve.losses[:-1]).all()
    assert not np.isfinite(curve.losses[-1])
    assert curve.suggestion is not None


def test_the_model_is_left_as_it_was() -> None:
    def trained(look: bool) -> list[np.ndarray]:
        fastmlp.utils.clear_session()
        fastmlp.utils.set_random_seed(1)
        model = Sequential(
            [layers.Dense(8, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.2), layers.Dense(1)]
        )
        model.compile("adam", "mse")
        history = model.fit(X, Y, epochs=2, verbose=0)
        optimizer, state = model.optimizer, random.generator().bit_generator.state
        before = [*model.get_weights(), *map(np.array, optimizer.variables)]
        if look:
            plotting.find_learning_rate(model, X, Y, iterations=20)
        assert model.optimizer is optimizer
        assert model.history is history
        assert random.generator().bit_generator.state == state
        for value, expected in zip([*model.get_weights(), *optimizer.variables], before, strict=True):
            np.testing.assert_array_equal(value, expected)
        model.fit(X, Y, epochs=2, verbose=0)
        return [*model.get_weights(), *map(np.array, model.optimizer.variables)]

    for with_look, without in zip(trained(True), trained(False), strict=True):
        np.testing.assert_array_equal(with_look, without)


def test_the_plot() -> None:
    pytest.importorskip("matplotlib", reason="needs matplotlib: pip install fastmlp[plot]")
    curve = plotting.find_learning_rate(linear_model(), X, Y)
    (axes,) = curve.plot().axes
    assert axes.get_xscale() == "log"
    losses, smoothed, suggestion = axes.get_lines()
    np.testing.assert_array_equal(losses.get_xdata(), curve.rates)
    np.testing.assert_array_equal(losses.get_ydata(), curve.losses)
    np.testing.assert_array_equal(smoothed.get_ydata(), curve.smoothed)
    assert suggestion.get_xdata()[0] == curve.suggestion


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"low": 0}, "`low` must be positive and less than `high`. Received: low=0, high=10"),
        ({"low": 2, "high": 1}, "`low` must be positive and less than `high`. Received: low=2, high=1"),
        ({"iterations": 1}, "`iterations` must be an integer of at least 2. Received: iterations=1"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_wrong_arguments(arguments: dict[str, float], message: str) -> None:
    model = linear_model()
    weights = model.get_weights()
    with pytest.raises(ValueError, match=message):
        plotting.find_learning_rate(model, X, Y, **arguments)
    np.testing.assert_array_equal(model.get_weights(), weights)


def test_a_model_that_is_not_compiled() -> None:
    with pytest.raises(ValueError, match="must be compiled before"):
        plotting.find_learning_rate(Sequential([layers.Dense(1)]), X, Y)
