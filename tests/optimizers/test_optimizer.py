import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import fastmlp
from fastmlp import optimizers
from fastmlp.variables import Variable


@pytest.mark.parametrize("name", ["sgd", "SGD", "adam", "Adam", "rmsprop", "RMSprop"])
def test_names(name: str) -> None:
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_classes_configs_and_objects() -> None:
    assert type(optimizers.get(optimizers.Adam)) is optimizers.Adam
    optimizer = optimizers.SGD(0.3, momentum=0.5, nesterov=True)
    assert optimizers.get(optimizer) is optimizer
    twin = optimizers.deserialize(optimizers.serialize(optimizer))
    assert (twin.learning_rate, twin.kind, twin.hyper) == (0.3, "nesterov", (0.5,))


@pytest.mark.parametrize("identifier", ["lyon", 3, None, len])
def test_unknown_optimizers_are_answered_with_the_known(identifier: object) -> None:
    with pytest.raises(ValueError, match=r"adam|optimizer"):
        optimizers.get(identifier)


@pytest.mark.parametrize("cls", [optimizers.SGD, optimizers.Adam, optimizers.RMSprop])
def test_unknown_keywords_are_answered_with_the_known(cls) -> None:
    with pytest.raises(TypeError, match=r"'learning_rate'.*'lr'.*Received: \['nonsense'\]"):
        cls(nonsense=1)


@pytest.mark.parametrize("cls", [optimizers.SGD, optimizers.Adam, optimizers.RMSprop])
def test_lr_is_another_name_of_the_learning_rate(cls) -> None:
    optimizer = cls(lr=0.25)
    assert optimizer.learning_rate == optimizer.lr == 0.25
    optimizer.lr = 0.5
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf"), "fast", None])
def test_learning_rates_that_cannot_be(rate: object) -> None:
    with pytest.raises(ValueError, match=r"`learning_rate` must be a number of at least 0 or a schedule. Received: "):
        optimizers.SGD(rate)  # type: ignore[arg-type]


def test_a_schedule_is_asked_for_each_step() -> None:
    optimizer = optimizers.SGD(lambda step: 1 / (1 + step))
    np.testing.assert_array_equal(optimizer.learning_rates(3), [1, 1 / 2, 1 / 3])
    optimizer.iterations = 4
    assert optimizer.learning_rate == 1 / 5
    np.testing.assert_array_equal(optimizer.learning_rates(2), [1 / 5, 1 / 6])
    optimizer.learning_rate = np.float32(0.5)
    np.testing.assert_array_equal(optimizer.learning_rates(2), [0.5, 0.5])


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.5])
def test_a_schedule_returns_rates(rate: float) -> None:
    optimizer = optimizers.SGD(lambda step: rate if step == 5 else 0.1)
    optimizer.iterations = 3
    with pytest.raises(ValueError, match=rf"finite numbers of at least 0. Received: {rate} for step 5"):
        optimizer.learning_rates(4)


def test_slots_lie_in_arenas_and_keep_their_values() -> None:
    first, second = Variable((3, 2)), Variable((2,), "float64")
    optimizer = optimizers.Adam()
    momenta, velocities = optimizer.slots([first, second])
    assert [slot.shape for slot in momenta] == [(3, 2), (2,)]
    assert momenta[0].arena is momenta[1].arena is not velocities[0].arena
    momenta[0].assign(np.ones((3, 2)))
    assert velocities[1].dtype == "float64"
    assert optimizer.slots([first, second]) == [momenta, velocities]
    assert optimizer.slots([second]) == [momenta[1:], velocities[1:]]
    assert optimizers.SGD().slots([first]) == []


def test_slots_belong_to_the_variables_of_one_model() -> None:
    first, second = Variable((3, 2), name="dense/kernel"), Variable((3, 2), name="dense_1/kernel")
    optimizer = optimizers.Adam()
    ((momentum,), _) = optimizer.slots([first])
    with pytest.raises(ValueError, match=r"needs an optimizer of its own. Received: .*adam.* with 'dense_1/kernel'"):
        optimizer.slots([first, second])
    assert optimizer.slots([first])[0] == [momentum]


class Plain(optimizers.Optimizer):
    """Momentum as users of Keras write it."""

    def __init__(self, learning_rate: float = 0.1, share: float = 0.5, **kwargs: Any) -> None:
        super().__init__(learning_rate, **kwargs)
        self.share = share

    def build(self, variables: Any) -> None:
        if self.built:
            return
        super().build(variables)
        self.momenta = [self.add_variable_from_reference(variable, "momentum") for variable in variables]

    def update_step(self, gradient: Any, variable: Variable, learning_rate: float) -> None:
        momentum = self.momenta[self._get_variable_index(variable)]
        self.assign(momentum, self.share * momentum.numpy() - learning_rate * gradient)
        self.assign_add(variable, momentum)


def two_variables() -> list[Variable]:
    rng = np.random.default_rng(0)
    return [
        Variable(shape, "float64", lambda s, d: rng.normal(size=s), name)
        for shape, name in (((4, 3), "w"), ((3,), "b"))
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"weight_decay": 0.1, "clipvalue": 0.5},
        {"clipnorm": 0.5},
        {"global_clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 3, "use_ema": True},
    ],
)
def test_an_optimizer_of_the_users_has_all_settings(settings: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    ours, theirs = two_variables(), two_variables()
    known, own = optimizers.SGD(0.1, momentum=0.5, **settings), Plain(0.1, **settings)
    for _ in range(7):
        gradients = [rng.normal(size=variable.shape) for variable in ours]
        known.apply_gradients(zip(gradients, ours, strict=True))
        own.apply(gradients, theirs)
    for variable, expected in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(variable.numpy(), expected.numpy(), rtol=1e-12)
    assert [v.name for v in own.variables][-2:] == [f"{own.name}/w_momentum", f"{own.name}/b_momentum"]
    known.finalize_variable_values(ours)
    assert np.array_equal(ours[0].numpy(), known.averages(ours)[0].numpy()) == ("use_ema" in settings)


def test_fit_with_an_optimizer_of_the_users() -> None:
    x, y = np.random.default_rng(2).normal(size=(2, 50, 4))
    weights = []
    for optimizer in (optimizers.SGD(0.1, momentum=0.5), Plain(0.1)):
        fastmlp.utils.set_random_seed(0)
        model = fastmlp.Sequential([fastmlp.layers.Dense(4, input_shape=(4,), dtype="float64")])
        model.compile(optimizer, "mse")
        model.fit(x, y, epochs=2, batch_size=8, verbose=0)
        weights.append(model.get_weights())
        assert optimizer.iterations == 14
    for known, own in zip(*weights, strict=True):
        np.testing.assert_allclose(own, known, rtol=1e-12)


def test_an_optimizer_without_a_formula() -> None:
    with pytest.raises(NotImplementedError, match="Optimizer Optimizer must have an `update_step`"):
        optimizers.Optimizer(0.1).apply([np.ones(3)], [Variable((3,))])


def test_gradients_that_are_none_are_left_out_with_a_warning() -> None:
    first, second = two_variables()
    before = second.numpy()
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['b'\]"):
        optimizers.SGD().apply([np.ones((4, 3)), None], [first, second])
    np.testing.assert_array_equal(second.numpy(), before)
    with pytest.raises(ValueError, match="At least one variable must have a gradient"):
        optimizers.SGD().apply([None, None], [first, second])
    with pytest.raises(ValueError, match=r"One gradient for each of 2 variables is needed. Received: 1"):
        optimizers.SGD().apply([np.ones((4, 3))], [first, second])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "Only one of `clipnorm`, `clipvalue`, `global_clipnorm` can be set"),
        ({"clipnorm": -1.0}, "`clipnorm` must be a number of at least 0 or None. Received: clipnorm=-1.0"),
        ({"gradient_accumulation_steps": 1}, "`gradient_accumulation_steps` must be an integer >= 2 or None"),
        ({"ema_momentum": 1.5}, r"`ema_momentum` must be in the range \[0, 1\]. Received: ema_momentum=1.5"),
        ({"ema_overwrite_frequency": 0}, "`ema_overwrite_frequency` must be an integer >= 1 or None. Received: .*=0"),
        ({"weight_decay": "much"}, "`weight_decay` must be a number of at least 0 or None. Received: .*'much'"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        optimizers.Adam(**settings)


def test_the_rate_and_the_count_are_like_variables() -> None:
    sgd = optimizers.SGD(0.5)
    rate = sgd.learning_rate
    rate.assign(0.25)
    assert (float(rate), float(rate.numpy()), sgd.learning_rate, sgd.lr * 2) == (0.5, 0.25, 0.25, 0.5)
    assert json.dumps({"lr": sgd.lr}) == '{"lr": 0.25}'
    assert (rate.name, rate.path, type(pickle.loads(pickle.dumps(rate)))) == (
        "learning_rate",
        f"{sgd.name}/learning_rate",
        float,
    )
    fastmlp.backend.set_value(sgd.lr, 0.125)
    assert fastmlp.backend.get_value(sgd.lr) == sgd.learning_rate == 0.125
    sgd.iterations.assign(7)
    assert (sgd.iterations, sgd.batches, sgd.iterations.numpy().dtype) == (7, 7, np.int64)
    sgd = optimizers.SGD(gradient_accumulation_steps=3)
    sgd.batches = 7
    assert sgd.iterations == 2


def test_copies_and_pickles_go_their_own_way() -> None:
    variables = two_variables()
    adam = optimizers.Adam()
    adam.apply([np.ones((4, 3)), np.ones(3)], variables)
    lazy = copy.copy(optimizers.Adam())
    lazy.slots(variables)
    twin, their = pickle.loads(pickle.dumps((adam, variables)))
    for optimizer, vs in ((adam, variables), (twin, their)):
        optimizer.apply([np.ones((4, 3)), np.ones(3)], vs)
    np.testing.assert_array_equal(variables[0].numpy(), their[0].numpy())
    assert twin.iterations == 2


def test_functions_of_no_argument_are_asked_as_keras_does() -> None:
    rates = iter([0.5, 0.25])
    np.testing.assert_array_equal(optimizers.SGD(lambda: next(rates)).learning_rates(2), [0.5, 0.25])


def test_keras_2_s_decay() -> None:
    sgd = optimizers.legacy.SGD(lr=0.5, decay=1.0, momentum=0.5)
    np.testing.assert_allclose(sgd.learning_rates(3), [0.5, 0.25, 0.5 / 3])
    assert sgd.learning_rate == 0.5
    variable = Variable((1,), "float64")
    for _ in range(2):
        sgd.apply([np.ones(1)], [variable])
    np.testing.assert_allclose(variable.numpy(), [-0.5 - 0.25 - 0.25])
    config = optimizers.serialize(sgd)
    assert optimizers.deserialize(config).get_config() == sgd.get_config()
    assert isinstance(optimizers.legacy.Adam(), optimizers.Adam)


def test_decay_spares_what_is_named() -> None:
    variables = two_variables()
    sgd = optimizers.SGD(0.5, weight_decay=0.1)
    sgd.exclude_from_weight_decay([variables[0]])
    assert sgd.decays(variables) == [0.0, 0.1]
    sgd.exclude_from_weight_decay(var_names=["b"])
    assert sgd.decays(variables) == [0.1, 0.0]
    assert optimizers.SGD().decays(variables) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [("LossScaleOptimizer", ": it is for float16"), ("MultiOptimizer", ": all weights"), ("Nothing", "$")],
)
def test_optimizers_that_are_left_out(name: str, reason: str) -> None:
    with pytest.raises(AttributeError, match=f"'fastmlp.optimizers' has no attribute '{name}'{reason}"):
        getattr(optimizers, name)
