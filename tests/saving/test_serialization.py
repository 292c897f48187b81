import json
from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import layers, losses, metrics, ops, optimizers
from fastmlp.saving._keras2_writer import keras2_config
from fastmlp.saving.serialization import (
    compile_from,
    deserialize_model,
    parse_json,
    serialize_compile,
    serialize_model,
)

DIALECTS = ("keras2", "keras3")


def one_output() -> keras.Model:
    return keras.Sequential([layers.Dense(3, input_shape=(4,)), layers.Dense(1)])


def two_outputs() -> keras.Model:
    x = keras.Input((4,))
    return keras.Model(x, [layers.Dense(1, name="a")(x), layers.Dense(1, name="b")(x)])


def again(model: keras.Model, dialect: str, custom_objects: dict[str, Any] | None = None) -> keras.Model:
    """Return a new model compiled with the JSON of what another one was compiled with."""
    made = deserialize_model(serialize_model(model, "keras3"), custom_objects)
    made.set_weights(model.get_weights())
    config = json.loads(json.dumps(serialize_compile(model, dialect)))
    compile_from(made, config, custom_objects)
    assert json.loads(json.dumps(serialize_compile(made, dialect))) == config
    return made


def assert_trains_alike(model: keras.Model, made: keras.Model) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4)), rng.uniform(size=(8, 1))
    y = [y] * len(model.outputs) if len(model.outputs) > 1 else y
    history, history_made = (each.fit(x, y, epochs=2, verbose=0, shuffle=False).history for each in (model, made))
    assert list(history_made.values()) == list(history.values())


def half(y_true: Any, y_pred: Any) -> Any:
    return ops.square(ops.subtract(y_pred, y_true))


ARGUMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "names": (one_output, {"loss": "mse", "optimizer": "sgd", "metrics": ["mae", "binary_accuracy"]}),
    "objects": (
        one_output,
        {
            "loss": losses.Huber(2.0),
            "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.01, "beta_1": 0.8}},
            "metrics": [metrics.MeanSquaredError(), metrics.RootMeanSquaredError(name="rmse")],
            "weighted_metrics": ["mae"],
        },
    ),
    "classes": (one_output, {"loss": losses.MeanAbsoluteError, "metrics": [metrics.MeanSquaredError]}),
    "functions": (
        one_output,
        {"loss": losses.mean_squared_error, "optimizer": "rmsprop", "metrics": [metrics.mean_absolute_error]},
    ),
    "a metric for all outputs": (
        two_outputs,
        {"loss": ["mse", "mae"], "loss_weights": [0.9, 0.1], "optimizer": "sgd", "metrics": ["mae", "mse"]},
    ),
    "lists by output": (two_outputs, {"loss": "mse", "metrics": [["mae"], ["mse"]]}),
    "dicts by output": (
        two_outputs,
        {
            "loss": {"a": "mse", "b": losses.BinaryCrossentropy(from_logits=True)},
            "loss_weights": {"a": 0.9, "b": 0.1},
            "metrics": {"a": ["mae", metrics.MeanSquaredError()], "b": "mae"},
        },
    ),
    "no metrics": (one_output, {"loss": "mse"}),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_what_compile_was_given(name: str, dialect: str) -> None:
    build, arguments = ARGUMENTS[name]
    model = build()
    model.compile(**arguments)
    made = again(model, dialect)
    assert_same_optimizer(model, made, dialect)
    assert_trains_alike(model, made)


def assert_same_optimizer(model: keras.Model, made: keras.Model, dialect: str) -> None:
    """Compare optimizers; in Keras 2's dialect the name is that of the class."""
    assert type(made.optimizer) is type(model.optimizer)
    ignored = {"name": None} if dialect == "keras2" else {}
    config, config_made = (json.loads(json.dumps(optimizers.serialize(each.optimizer))) for each in (model, made))
    assert {**config_made["config"], **ignored} == {**config["config"], **ignored}


NEEDED = {
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}
BASES = ("Loss", "LossFunctionWrapper", "Metric", "MeanMetricWrapper")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("room", [losses, metrics], ids=["losses", "metrics"])
def test_losses_and_metrics_of_all_kinds(room: Any, dialect: str) -> None:
    for name in room.__all__:
        cls = getattr(room, name)
        if not isinstance(cls, type) or name in BASES:
            continue
        made = cls(**NEEDED.get(name, {}), name="one")
        config = room.serialize(made)
        if dialect == "keras2":
            config = keras2_config(config)
        again = room.deserialize(json.loads(json.dumps(config)))
        assert type(again) is cls
        assert again.get_config() == made.get_config()


def optimizers_of_all_kinds() -> dict[str, Any]:
    schedules = optimizers.schedules
    classes = {name: getattr(optimizers, name) for name in optimizers.__all__ if name != "Optimizer"}
    return {
        **{name: cls for name, cls in classes.items() if isinstance(cls, type)},
        "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True, clipnorm=1.0, weight_decay=0.1, use_ema=True),
        "nesterov": lambda: optimizers.SGD(0.01, momentum=0.9, nesterov=True, clipvalue=0.5),
        "centered": lambda: optimizers.RMSprop(0.01, centered=True, momentum=0.1, global_clipnorm=1.0),
        "exponential": lambda: optimizers.SGD(schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True)),
        "cosine": lambda: optimizers.SGD(schedules.CosineDecay(0.1, 100, warmup_target=0.2, warmup_steps=5)),
        "restarts": lambda: optimizers.SGD(schedules.CosineDecayRestarts(0.1, 10)),
        "inverse": lambda: optimizers.SGD(schedules.InverseTimeDecay(0.1, 10, 0.5)),
        "polynomial": lambda: optimizers.SGD(schedules.PolynomialDecay(0.1, 100, cycle=True)),
        "piecewise": lambda: optimizers.SGD(schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.05, 0.01])),
    }


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", optimizers_of_all_kinds())
def test_optimizers_of_all_kinds(name: str, dialect: str) -> None:
    model = one_output()
    model.compile(optimizers_of_all_kinds()[name](), "mse")
    made = again(model, dialect)
    assert_same_optimizer(model, made, dialect)
    np.testing.assert_array_equal(made.optimizer.learning_rates(30), model.optimizer.learning_rates(30))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_losses_and_metrics_of_the_user(dialect: str) -> None:
    model = one_output()
    model.compile(loss=half, metrics=[half])
    assert_trains_alike(model, again(model, dialect, {"half": half}))
    with pytest.raises(ValueError, match=r"Unknown loss: 'half'.* in `custom_objects`, or if `register_"):
        again(model, dialect)


def test_functions_without_a_name() -> None:
    model = one_output()
    model.compile(loss=lambda y_true, y_pred: half(y_true, y_pred))
    with pytest.raises(ValueError, match="named functions"):
        serialize_compile(model, "keras3")


def test_keras_3_reads_a_flat_list_as_one_metric_for_each_output() -> None:
    model = two_outputs()
    compile_from(model, {"optimizer": "sgd", "loss": "mse", "metrics": ["mae", "mse"]})
    assert model.metrics_names == ["loss", "a_loss", "b_loss", "a_mae", "b_mse"]
    compile_from(model, {"optimizer_config": "sgd", "loss": "mse", "metrics": ["mae"]})
    assert model.metrics_names == ["loss", "a_loss", "b_loss", "a_mae", "b_mae"]


def test_keras_2_wraps_functions() -> None:
    model = one_output()
    wrapped = {
        "class_name": "MeanMetricWrapper",
        "config": {"name": "mae", "dtype": "float32", "fn": "mean_absolute_error"},
    }
    accuracy = {"class_name": "MeanMetricWrapper", "config": {"name": "acc", "fn": "binary_accuracy"}}
    loss = {"class_name": "LossFunctionWrapper", "config": {"fn": "half", "reduction": "auto", "name": "half"}}
    config = {"optimizer_config": {"class_name": "Custom>SGD", "config": {"learning_rate": 0.5, "decay": 0.0}}}
    compile_from(model, {**config, "loss": loss, "metrics": [[wrapped, accuracy]]}, {"half": half})
    assert model.optimizer.learning_rate == 0.5
    assert model.metrics_names[0] == "loss"
    assert model.metrics_names[2] == "acc"


def test_keras_2_writes_full_names_of_losses() -> None:
    model = two_outputs()
    model.compile(optimizer="adam", loss={"a": "mse", "b": "MAE"})
    config = serialize_compile(model, "keras2")
    assert config is not None
    assert config["loss"] == {"a": "mean_squared_error", "b": "mean_absolute_error"}
    assert config["optimizer_config"]["class_name"] == "Custom>Adam"
    assert "loss_scale_factor" not in config["optimizer_config"]["config"]


def test_a_model_that_is_not_compiled() -> None:
    assert serialize_compile(one_output(), "keras3") is None
    assert one_output().get_compile_config() is None


def test_methods_of_a_model() -> None:
    model = one_output()
    model.compile("sgd", "mse", metrics=["mae"])
    made = one_output()
    made.compile_from_config(model.get_compile_config())
    assert made.metrics_names == model.metrics_names


def test_an_optimizer_of_the_user() -> None:
    class Slow(optimizers.SGD):
        pass

    model = one_output()
    model.compile(Slow(1e-6), "mse")
    config = serialize_compile(model, "keras3")
    made = one_output()
    compile_from(made, config, {"Slow": Slow})
    assert type(made.optimizer) is Slow
    with pytest.raises(ValueError, match="Unknown optimizer: 'Slow'"):
        compile_from(made, config)


@keras.saving.register_keras_serializable("tests")
class Deep(keras.Model):
    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.hidden = layers.Dense(units, activation="relu")
        self.top = layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.top(self.hidden(inputs))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_subclass_is_built_again(dialect: str) -> None:
    model = Deep(3)
    model.build((None, 4))
    config = json.loads(json.dumps(serialize_model(model, dialect)))
    made = deserialize_model(config)
    made.set_weights(model.get_weights())
    x = np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(made.predict(x), model.predict(x))
    for wrong in ("x", [None, "x"], [None, -1], [[None, 2], [None, 3]], {"a": 3}):
        with pytest.raises(ValueError, match=r"Layer 'deep\w*' \(Deep\): "):
            deserialize_model({**config, "build_config": {"input_shape": wrong}})


def test_json() -> None:
    assert parse_json('{"a": [1, 2.5, null, true, "x"]}') == {"a": [1, 2.5, None, True, "x"]}
    assert parse_json(b"[]") == []


def test_keras_before_2_2_3_had_lists_of_layers() -> None:
    dense = {"class_name": "Dense", "config": {"units": 2, "batch_input_shape": [None, 3], "name": "first"}}
    assert deserialize_model({"class_name": "Sequential", "config": [dense]}).input_shape == (None, 3)
