"""Every optimizer and every schedule, trained with both."""

from typing import Any

import pytest
from differential.harness import BATCH, COLUMNS, ROWS, named, same_training

CASES: list[Any] = [
    ("SGD", {"learning_rate": 0.1}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.02}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "gradient_accumulation_steps": 2}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.1}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.05}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.2}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 4}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.7}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True, "rho": 0.8}),
    ("Adam", {"learning_rate": 0.02}),
    ("Adam", {"learning_rate": 0.02, "amsgrad": True, "beta_1": 0.8, "epsilon": 1e-5}),
    ("Adam", {"learning_rate": 0.02, "weight_decay": 0.01, "clipnorm": 0.5}),
    ("Adam", {"learning_rate": 0.02, "gradient_accumulation_steps": 3}),
    ("Adam", {"learning_rate": 0.02, "global_clipnorm": 0.1, "use_ema": True}),
    ("AdamW", {"learning_rate": 0.02}),
    ("AdamW", {"learning_rate": 0.02, "weight_decay": 0.1, "amsgrad": True}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adadelta", {"learning_rate": 0.5, "rho": 0.8, "weight_decay": 0.01}),
    ("Adagrad", {"learning_rate": 0.1}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.01, "clipvalue": 0.1}),
    ("Adamax", {"learning_rate": 0.02}),
    ("Nadam", {"learning_rate": 0.02}),
    ("Nadam", {"learning_rate": 0.02, "beta_2": 0.9, "weight_decay": 0.01}),
    ("Ftrl", {"learning_rate": 0.1}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.01,
            "l2_regularization_strength": 0.02,
            "l2_shrinkage_regularization_strength": 0.03,
            "beta": 0.1,
        },
    ),
    ("Lion", {"learning_rate": 0.01}),
    ("Lamb", {"learning_rate": 0.02}),
    ("Adafactor", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05, "relative_step": False, "clip_threshold": 0.5}),
    ("Muon", {"learning_rate": 0.02}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.02, "warmup_steps": 4}),
]
SCHEDULES: list[Any] = [
    ("ExponentialDecay", {"decay_steps": 3, "decay_rate": 0.7}),
    ("ExponentialDecay", {"decay_steps": 3, "decay_rate": 0.7, "staircase": True}),
    ("InverseTimeDecay", {"decay_steps": 3, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"decay_steps": 3, "decay_rate": 0.5, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [2, 5], "values": [0.1, 0.05, 0.2]}),
    ("PolynomialDecay", {"decay_steps": 5, "end_learning_rate": 0.01, "power": 2.0}),
    ("PolynomialDecay", {"decay_steps": 4, "cycle": True}),
    ("CosineDecay", {"decay_steps": 6, "alpha": 0.1}),
    ("CosineDecay", {"decay_steps": 6, "warmup_target": 0.2, "warmup_steps": 3}),
    ("CosineDecayRestarts", {"first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.8}),
]


def trained(optimizer_of: Any, loss: str = "mse") -> None:
    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(4, activation="tanh"), kit.layers.Dense(3)])
        model.compile(optimizer_of(kit), loss)
        return model

    same_training(build)


@pytest.mark.parametrize(("name", "settings"), CASES, ids=named(CASES))
def test_an_optimizer(name: str, settings: dict[str, Any]) -> None:
    trained(lambda kit: getattr(kit.optimizers, name)(**settings))


@pytest.mark.parametrize(("name", "settings"), SCHEDULES, ids=named(SCHEDULES))
def test_a_schedule(name: str, settings: dict[str, Any]) -> None:
    def optimizer(kit: Any) -> Any:
        first = {} if "values" in settings else {"initial_learning_rate": 0.1}
        return kit.optimizers.SGD(getattr(kit.optimizers.schedules, name)(**first, **settings))

    trained(optimizer)


def test_a_rate_that_a_callback_sets() -> None:
    def build(kit: Any) -> Any:
        model = kit.Sequential([kit.Input((COLUMNS,)), kit.layers.Dense(3)])
        model.compile(kit.optimizers.SGD(0.1, momentum=0.5), "mse")
        model.optimizer.learning_rate = 0.03
        return model

    same_training(build, epochs=1, batch_size=ROWS // BATCH)
