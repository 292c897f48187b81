"""Ten steps of every optimizer with every setting, beside those of Keras itself, along the same random gradients."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from real_keras import keras

import fastmlp
from fastmlp.variables import Variable

RNG = np.random.default_rng(0)
SHAPES = [(4, 3), (3,)]
STEPS = 10
WEIGHTS = [RNG.normal(size=shape).astype(np.float32) for shape in SHAPES]
GRADIENTS = [[RNG.normal(size=shape).astype(np.float32) for shape in SHAPES] for _ in range(STEPS)]

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adam", {"learning_rate": 0.05}),
    ("Adam", {"learning_rate": 0.05, "amsgrad": True, "beta_2": 0.7}),
    ("AdamW", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("Adamax", {"learning_rate": 0.05}),
    ("Nadam", {"learning_rate": 0.05}),
    ("RMSprop", {"learning_rate": 0.05}),
    ("RMSprop", {"learning_rate": 0.05, "momentum": 0.5}),
    ("RMSprop", {"learning_rate": 0.05, "centered": True}),
    ("RMSprop", {"learning_rate": 0.05, "centered": True, "momentum": 0.5, "rho": 0.8}),
    ("Adagrad", {"learning_rate": 0.5}),
    ("Adadelta", {"learning_rate": 10.0}),
    ("Ftrl", {"learning_rate": 0.5}),
    (
        "Ftrl",
        {
            "learning_rate": 0.5,
            "learning_rate_power": -0.3,
            "l1_regularization_strength": 0.1,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.3,
            "beta": 0.4,
        },
    ),
    ("Lion", {"learning_rate": 0.05}),
    ("Lamb", {"learning_rate": 0.05}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.05, "warmup_steps": 4}),
    ("Adafactor", {"learning_rate": 0.5}),
    ("Adafactor", {"learning_rate": 0.5, "relative_step": False, "clip_threshold": 0.5}),
    ("Muon", {"learning_rate": 0.05}),
    ("Muon", {"learning_rate": 0.05, "nesterov": False, "rms_rate": None, "exclude_layers": ["kernel"]}),
]
SETTINGS: list[dict[str, Any]] = [
    {"weight_decay": 0.5},
    {"clipvalue": 0.3},
    {"clipnorm": 1.0},
    {"global_clipnorm": 1.0},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 2, "clipnorm": 0.5, "weight_decay": 0.1},
    {"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 4},
    {"use_ema": True, "ema_momentum": 0.6, "gradient_accumulation_steps": 2, "ema_overwrite_frequency": 2},
    {"loss_scale_factor": 4.0, "weight_decay": 0.1, "global_clipnorm": 0.5},
]
EVERYTHING = {"weight_decay": 0.1, "global_clipnorm": 1.0, "gradient_accumulation_steps": 2, "use_ema": True}
CASES = [
    *((name, own) for name, own in OPTIMIZERS),
    *((name, own | EVERYTHING | {"ema_overwrite_frequency": 2}) for name, own in OPTIMIZERS),
    *((name, own | settings) for name, own in (OPTIMIZERS[1], OPTIMIZERS[3]) for settings in SETTINGS),
]


@pytest.fixture(autouse=True)
def op_by_op() -> Iterator[None]:
    """Let JAX compile nothing: ten steps take it five times as long to compile as to take."""
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    with jax.disable_jit():
        yield


def steps(package: Any, variables: list[Any], optimizer: Any) -> list[np.ndarray]:
    for gradients in GRADIENTS:
        optimizer.apply([np.array(gradient) for gradient in gradients], variables)
    return [variable.numpy() for variable in variables]


def both(name: str, settings: dict[str, Any], constraints: Any = (None, None)) -> tuple[Any, Any]:
    """Return the variables and optimizers of fastmlp and of Keras after the steps."""
    results = []
    for package in (fastmlp, keras):
        optimizer = getattr(package.optimizers, name)(**settings)
        if package is keras:
            variables = [keras.Variable(w, name=n) for w, n in zip(WEIGHTS, ("kernel", "bias"), strict=True)]
        else:
            variables = [Variable(w.shape, name=n) for w, n in zip(WEIGHTS, ("kernel", "bias"), strict=True)]
            for variable, value in zip(variables, WEIGHTS, strict=True):
                variable.assign(value)
        for variable, constraint in zip(variables, constraints, strict=True):
            if constraint:
                variable.constraint = getattr(package.constraints, constraint[0])(**constraint[1])
        steps(package, variables, optimizer)
        results.append((variables, optimizer))
    return results[0], results[1]


def assert_close(ours: Any, theirs: Any, tolerance: float = 2e-4) -> None:
    (variables, optimizer), (their_variables, their_optimizer) = ours, theirs
    for variable, expected in zip(variables, their_variables, strict=True):
        np.testing.assert_allclose(variable.numpy(), np.array(expected.value), rtol=tolerance, atol=tolerance)
    assert int(optimizer.iterations) == int(their_optimizer.iterations)
    assert optimizer.variables[0].numpy() == STEPS


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_steps_are_those_of_keras(name: str, settings: dict[str, Any]) -> None:
    assert_close(*both(name, settings))


@pytest.mark.parametrize(("name", "own"), [each for each in OPTIMIZERS if each[0] not in ("Adafactor", "Muon")])
def test_what_is_remembered_is_what_keras_remembers_in_its_order(name: str, own: dict[str, Any]) -> None:
    settings = {"use_ema": True, "gradient_accumulation_steps": 3} | own
    (_, ours), (_, theirs) = both(name, settings)
    remembered = ours.variables
    expected = theirs.variables[: len(remembered)]  # Nadam's has a number more
    assert len(theirs.variables) - len(remembered) == (name == "Nadam")
    assert [variable.name for variable in remembered[2:]] == [variable.name for variable in expected[2:]]
    for variable, other in zip(remembered, expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), np.array(other.value), rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize(
    "constraints",
    [
        (("MaxNorm", {"max_value": 1.0}), ("NonNeg", {})),
        (("UnitNorm", {"axis": 1}), ("MaxNorm", {"max_value": 0.5})),
        (("MinMaxNorm", {"min_value": 0.5, "max_value": 0.8, "rate": 0.5, "axis": [0, 1]}), ("UnitNorm", {})),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"use_ema": True, "ema_overwrite_frequency": 2}])
@pytest.mark.parametrize("name", ["SGD", "Adam", "Adafactor"])
def test_constraints_hold_behind_each_step(name: str, settings: dict[str, Any], constraints: Any) -> None:
    assert_close(*both(name, {"learning_rate": 0.1} | settings, constraints))


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_biases_may_be_spared_from_decay(name: str) -> None:
    results = []
    for package in (fastmlp, keras):
        optimizer = getattr(package.optimizers, name)(learning_rate=0.1, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        if package is keras:
            variables = [keras.Variable(w, name=n) for w, n in zip(WEIGHTS, ("kernel", "bias"), strict=True)]
        else:
            variables = [Variable(w.shape, name="dense/" + n) for w, n in zip(WEIGHTS, ("kernel", "bias"), strict=True)]
            for variable, value in zip(variables, WEIGHTS, strict=True):
                variable.assign(value)
        results.append(steps(package, variables, optimizer))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, np.array(theirs), rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize(("name", "own"), OPTIMIZERS)
def test_configs_are_those_of_keras(name: str, own: dict[str, Any]) -> None:
    ours, theirs = (getattr(package.optimizers, name)(name="it", **own) for package in (fastmlp, keras))
    expected = {
        key: pytest.approx(value) if isinstance(value, float) else value for key, value in theirs.get_config().items()
    }
    for late in ("muon_a", "muon_b", "muon_c"):
        expected.pop(late, None)
    config = ours.get_config()
    assert {key: config[key] for key in expected} == expected
    assert fastmlp.optimizers.deserialize(fastmlp.optimizers.serialize(ours)).get_config() == config
    assert type(keras.optimizers.get(fastmlp.optimizers.serialize(ours)) if name != "Lamb" else theirs) is type(theirs)


SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.6, "staircase": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "power": 2.0, "cycle": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 8, 20], "values": [1.0, 0.5, 0.25, 0.1]}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 17, "alpha": 0.1}),
    ("CosineDecay", {"initial_learning_rate": 0.01, "decay_steps": 17, "warmup_target": 0.1, "warmup_steps": 5}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5.5, "m_mul": 0.7, "alpha": 0.1}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5.5, "t_mul": 1.0}),
]


@pytest.mark.parametrize(("name", "settings"), SCHEDULES)
def test_schedules_are_those_of_keras(name: str, settings: dict[str, Any]) -> None:
    ours, theirs = (getattr(package.optimizers.schedules, name)(**settings) for package in (fastmlp, keras))
    numbers = [0, 1, 3, 5, 6, 8, 13, 17, 59]
    expected = [float(theirs(step)) for step in numbers]
    np.testing.assert_allclose(ours(np.array(numbers)), expected, rtol=2e-5, atol=1e-6)
    assert [ours(step) for step in numbers] == ours(np.array(numbers)).tolist()
    assert ours.get_config() == theirs.get_config()
    schedules = fastmlp.optimizers.schedules
    assert schedules.serialize(ours) == keras.optimizers.schedules.serialize(theirs)
    assert schedules.deserialize(schedules.serialize(ours)).get_config() == ours.get_config()


@pytest.mark.parametrize(("name", "settings"), SCHEDULES[::4])
def test_steps_with_a_schedule_are_those_of_keras(name: str, settings: dict[str, Any]) -> None:
    results = []
    for package in (fastmlp, keras):
        schedule = getattr(package.optimizers.schedules, name)(**settings)
        optimizer = package.optimizers.SGD(schedule, gradient_accumulation_steps=2)
        make = keras.Variable if package is keras else lambda w: Variable(w.shape, initializer=lambda *_: w)
        results.append(steps(package, [make(w) for w in WEIGHTS], optimizer))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, np.array(theirs), rtol=2e-4, atol=2e-4)
