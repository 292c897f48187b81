"""Configs that Keras 2 (tf_keras 2.21) and Keras 3 (3.15) wrote, see make_configs.py, and what the models predict."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastmlp as keras
from fastmlp import losses, optimizers
from fastmlp.models import model_from_json
from fastmlp.saving.serialization import compile_from, deserialize_model, serialize_compile, serialize_model

DIALECTS = ("keras2", "keras3")
RECORDED = {name: json.loads(Path(__file__).with_name(f"{name}.json").read_text()) for name in DIALECTS}
CASES = [(dialect, name) for dialect, cases in RECORDED.items() for name in cases]
COMPILED = [(dialect, name) for dialect, name in CASES if RECORDED[dialect][name]["compile_config"]]


def predictions(model: keras.Model, case: dict[str, Any]) -> list[Any]:
    x = [np.array(each, np.float32) for each in case["x"]]
    y = model.predict(x if len(x) > 1 else x[0], verbose=0)
    return list(y.values()) if isinstance(y, dict) else y if isinstance(y, list) else [y]


@pytest.mark.parametrize(("dialect", "name"), CASES)
def test_predictions(dialect: str, name: str) -> None:
    case = RECORDED[dialect][name]
    model = model_from_json(json.dumps({**case["config"], "compile_config": None}))
    assert [[layer.name, layer.count_params()] for layer in model.layers] == [
        [layer, count] for layer, count in case["layers"] if layer in {each.name for each in model.layers}
    ]
    weights = [np.array(each, np.float32) for each in case["weights"]]
    model.set_weights(weights)
    for written in (None, *DIALECTS):  # as it was loaded, and as fastmlp writes it then
        if written is not None:
            model = deserialize_model(json.loads(json.dumps(serialize_model(model, written))))
            model.set_weights(weights)
        for found, expected in zip(predictions(model, case), case["y"], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("dialect", "name"), COMPILED)
def test_what_they_were_compiled_with(dialect: str, name: str) -> None:
    case = RECORDED[dialect][name]
    model = model_from_json(json.dumps(case["config"]))
    compile_from(model, case["compile_config"])
    for written in DIALECTS:
        config = json.loads(json.dumps(serialize_compile(model, written)))
        compile_from(model, config)
        assert json.loads(json.dumps(serialize_compile(model, written))) == config
    optimizer = case["compile_config"]["optimizer"]
    assert type(model.optimizer) is type(optimizers.get(optimizer))
    for setting in ("momentum", "beta_1", "rho"):
        if not isinstance(optimizer, str) and setting in optimizer["config"]:
            assert getattr(model.optimizer, setting) == pytest.approx(optimizer["config"][setting])


def test_a_schedule_and_metrics() -> None:
    for dialect in DIALECTS:
        case = RECORDED[dialect]["classifier"]
        model = model_from_json(json.dumps(case["config"]))
        compile_from(model, case["compile_config"])
        assert model.optimizer.learning_rates(101)[[0, 100]] == pytest.approx([0.1, 0.09])
        assert isinstance(losses.get(model.loss), losses.SparseCategoricalCrossentropy)
        assert model.metrics_names == ["loss", "accuracy"]


def test_names_of_losses_and_metrics_by_output() -> None:
    for dialect in DIALECTS:
        case = RECORDED[dialect]["wide_and_deep"]
        model = model_from_json(json.dumps(case["config"]))
        compile_from(model, case["compile_config"])
        assert isinstance(model.optimizer, optimizers.Adam)
        assert model.metrics_names == [
            "loss", "main_output_loss", "aux_output_loss", "main_output_mae", "main_output_root_mean_squared_error",
        ]  # fmt: skip


def test_json_of_keras_3_compiles() -> None:
    config = RECORDED["keras3"]["classifier"]["config"]
    assert config["compile_config"]
    assert isinstance(model_from_json(json.dumps(config)).optimizer, optimizers.SGD)
