"""Configs from strangers: each is refused in one sentence, without running code or allocating anything large."""

import copy
import json
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

import fastmlp as keras
from fastmlp import layers
from fastmlp.models import model_from_json
from fastmlp.saving import deserialize_keras_object
from fastmlp.saving.serialization import compile_from, deserialize_model, parse_json


def stack_config() -> dict[str, Any]:
    """Return the config of Input(3), Dense(4), Dense(2)."""
    model = keras.Sequential([layers.Dense(4, input_shape=(3,), name="first"), layers.Dense(2, name="last")], name="m")
    return json.loads(model.to_json())


def graph_config() -> dict[str, Any]:
    """Return the config of a functional model: x, first, last."""
    x = keras.Input((3,), name="x")
    model = keras.Model(x, layers.Dense(2, name="last")(layers.Dense(4, name="first")(x)), name="m")
    return json.loads(model.to_json())


def layer(config: dict[str, Any], place: int = 1) -> dict[str, Any]:
    return config["config"]["layers"][place]


def changed(change: Callable[[dict[str, Any]], object], graph: bool = False) -> dict[str, Any]:
    config = graph_config() if graph else stack_config()
    change(config)
    return config


def setting(**settings: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: layer(config)["config"].update(settings)


def entry(**keys: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: layer(config).update(keys)


PAYLOAD = "__import__('os').system('touch /tmp/pwned')"
CODE = [
    {"module": "keras.layers", "class_name": "Lambda", "config": {"name": "l", "function": [PAYLOAD, None, None]}},
    {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"function": {"class_name": "__lambda__", "config": {"value": "4wEAAAAAAAAA"}}},
    },
    {"class_name": "Lambda", "config": {"function": "cos", "function_type": "function", "module": "math"}},
    {"class_name": "TFOpLambda", "config": {"function": "math.add"}},
    {"class_name": "TensorFlowOpLayer", "config": {"node_def": {}}},
    {"class_name": "__lambda__", "config": {"value": "4wEAAAAAAAAA"}},
    {"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": {}},
]
GADGETS = [
    {"module": "os", "class_name": "system", "config": "touch /tmp/pwned", "registered_name": "system"},
    {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
    {"module": "builtins", "class_name": "eval", "config": {"source": PAYLOAD}, "registered_name": "eval"},
    {"module": "subprocess", "class_name": "Popen", "config": {"args": ["touch", "/tmp/pwned"]}},
    {"module": "keras.config", "class_name": "enable_unsafe_deserialization", "config": {}},
    {"module": "keras.src.config", "class_name": "function", "config": "enable_unsafe_deserialization"},
    {"module": "keras.saving", "class_name": "load_model", "config": {"filepath": "/tmp/evil.keras"}},
    {"module": "keras.models", "class_name": "function", "config": "load_model"},
    {"module": "keras.utils", "class_name": "function", "config": "get_file"},
    {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"module": {"value": "gASV"}}},
    {"module": "keras.layers", "class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "/tmp/evil"}},
    {"module": "fastmlp.saving", "class_name": "function", "config": "load_model"},
    {"module": "fastmlp.layers.layer", "class_name": "Layer", "config": {}},
    {"module": "keras", "class_name": "../../etc/passwd", "config": {}},
    {"module": "http://example.org/x", "class_name": "X", "config": {}},
    {"module": "a_module_that_nobody_has", "class_name": "Dense", "config": {"units": 2}},
]


@pytest.mark.parametrize("config", CODE, ids=lambda config: config["class_name"])
def test_code_is_refused_everywhere(config: dict[str, Any]) -> None:
    inside = changed(lambda model: model["config"]["layers"].append(config))
    call = {"args": [config], "kwargs": {}}
    called = changed(lambda model: layer(model, 2).update(inbound_nodes=[call]), graph=True)
    activation = changed(setting(activation=config))
    initial = changed(setting(kernel_initializer=config))
    for hostile in (config, inside, called, activation, initial):
        with pytest.raises(ValueError, match="A config cannot bring code"):
            model_from_json(json.dumps(hostile))
    with pytest.raises(ValueError, match="A config cannot bring code"):
        keras.Sequential.from_config(inside["config"])
    for deserialize in (deserialize_keras_object, layers.deserialize, keras.losses.deserialize):
        with pytest.raises(ValueError, match="A config cannot bring code"):
            deserialize(config)


def test_not_even_the_callers_lambda_takes_code() -> None:
    class Lambda(layers.Layer):
        pass

    with pytest.raises(ValueError, match="A config cannot bring code"):
        layers.deserialize(CODE[0], {"Lambda": Lambda})


@pytest.mark.parametrize("config", GADGETS, ids=lambda config: f"{config['module']}.{config['class_name']}")
def test_names_are_not_imported(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(sys.modules)
    monkeypatch.setattr("builtins.eval", lambda *_: pytest.fail("ran code"))
    hostiles = [
        config,
        changed(lambda model: model["config"]["layers"].append(config)),
        changed(setting(activation=config)),
        changed(setting(kernel_initializer=config)),
    ]
    for hostile in hostiles:
        with pytest.raises(ValueError, match=r"Unknown \w+|must be a dict|Expected the config of a model"):
            model_from_json(json.dumps(hostile))
    for key in ("loss", "optimizer", "metrics"):
        compiled = {"optimizer": "sgd", "loss": "mse", "metrics": None, key: config}
        with pytest.raises(ValueError, match=r"Unknown \w+|must be a dict|Expected a"):
            compile_from(deserialize_model(stack_config()), compiled)
    assert set(sys.modules) - before <= {"fastmlp.datasets"}


LARGE = 10**9
IMPOSSIBLE = {
    "huge units": (setting(units=LARGE * LARGE), False, "'first/kernel'|first"),
    "many units": (setting(units=LARGE * 100), False, "'first/kernel'"),
    "units as a float": (setting(units=4.0), False, "'first'.*`units`"),
    "units as text": (setting(units="4"), False, "'first'.*`units`"),
    "units as a flag": (setting(units=True), False, "'first'.*`units`"),
    "no units": (setting(units=None), False, "'first'.*`units`"),
    "negative units": (setting(units=-1), False, "'first'.*`units`"),
    "units as a list": (setting(units=[4]), False, "'first'.*`units`"),
    "units left out": (lambda config: layer(config)["config"].pop("units"), False, "'first'"),
    "another setting": (setting(whatever=3), False, "'first'.*whatever=3"),
    "an unknown layer": (entry(class_name="Conv2D"), False, "Unknown layer: 'Conv2D', called 'first'"),
    "an unknown activation": (setting(activation="rely"), False, "'first'.*Unknown activation: 'rely'"),
    "an unknown initializer": (setting(kernel_initializer="none"), False, "'first'.*Unknown initializer"),
    "a dtype that is none": (setting(dtype="mixed_float16"), False, "'first'.*dtype"),
    "a dtype that is a list": (setting(dtype=["float32"]), False, "'first'.*dtype"),
    "a dtype policy without a name": (setting(dtype={"class_name": "DTypePolicy", "config": 3}), False, "'first'"),
    "a name that is none": (setting(name=3), False, "`name`"),
    "a name with a path": (setting(name="../first"), False, "`name`"),
    "two of a name": (setting(name="last"), False, "'last'"),
    "no class name": (lambda config: layer(config).pop("class_name"), False, "'class_name'"),
    "a class name that is none": (entry(class_name=["Dense"]), False, "'class_name'"),
    "a config that is none": (entry(config="units"), False, "must be a dict"),
    "layers that are none": (lambda config: config["config"].update(layers=3), False, "'m'"),
    "a layer that is none": (lambda config: config["config"]["layers"].append(3), False, "'class_name'"),
    "an input that is no shape": (
        lambda config: layer(config, 0)["config"].update(batch_shape=3), False, "`shape`",
    ),
    "an input of any size": (
        lambda config: layer(config, 0)["config"].update(batch_shape=[None, None]), False, "`batch_shape`",
    ),
    "an input of half a number": (
        lambda config: layer(config, 0)["config"].update(batch_shape=[None, 2.5]), False, "`batch_shape`",
    ),
    "a huge input": (
        lambda config: layer(config, 0)["config"].update(batch_shape=[None, LARGE, LARGE]), False, "`batch_shape`",
    ),
    "an input behind layers": (lambda config: config["config"]["layers"].reverse(), False, "'m'"),
    "a circle": (
        lambda config: layer(config)["inbound_nodes"][0]["args"][0]["config"].update(keras_history=["last", 0, 0]),
        True, "'first' takes an output of layer 'last'|'last' takes an output of layer 'first'",
    ),
    "a layer that takes itself": (
        lambda config: layer(config)["inbound_nodes"][0]["args"][0]["config"].update(keras_history=["first", 0, 0]),
        True, "'first' takes an output of layer 'first'",
    ),
    "a layer that is not there": (
        lambda config: layer(config)["inbound_nodes"][0]["args"][0]["config"].update(keras_history=["none", 0, 0]),
        True, "'first' takes an output of layer 'none'",
    ),
    "a call that is not there": (
        lambda config: layer(config)["inbound_nodes"][0]["args"][0]["config"].update(keras_history=["x", 7, 0]),
        True, "'first' takes an output of layer 'x'",
    ),
    "an output that is not there": (
        lambda config: layer(config)["inbound_nodes"][0]["args"][0]["config"].update(keras_history=["x", 0, 7]),
        True, "layer 'first' to take outputs that layers have",
    ),
    "a negative output": (
        lambda config: layer(config)["inbound_nodes"][0]["args"][0]["config"].update(keras_history=["x", 0, -1]),
        True, "named by layer, call and output",
    ),
    "a tensor without a place": (
        lambda config: layer(config)["inbound_nodes"][0]["args"][0].update(config={}),
        True, "named by layer, call and output",
    ),
    "calls that are none": (entry(inbound_nodes=3), True, "'first'.*'inbound_nodes' must be a list"),
    "a call that is none": (entry(inbound_nodes=[3]), True, "name the layers whose outputs it takes"),
    "a call without arguments": (entry(inbound_nodes=[{"args": [], "kwargs": {}}]), True, "'first'"),
    "keywords that are none": (entry(inbound_nodes=[{"args": [], "kwargs": 3}]), True, "'first'.*'kwargs'"),
    "keywords that the layer does not take": (
        lambda config: layer(config)["inbound_nodes"][0]["kwargs"].update(command="x"), True, "'first'.*command",
    ),
    "ends that are none": (lambda config: config["config"].update(output_layers=3), True, "ends of a model"),
    "ends that are not there": (
        lambda config: config["config"].update(output_layers=["none", 0, 0]), True, "the model's ends to take",
    ),
    "an input that is no input": (
        lambda config: config["config"].update(input_layers=["first", 0, 0]), True, "`inputs` must be tensors made by",
    ),
    "an empty model": (lambda config: config["config"].update(input_layers=[], output_layers=[]), True, "'m'"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "graph", "said"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_impossible_configs(change: Callable[[dict[str, Any]], object], graph: bool, said: str) -> None:
    config = changed(change, graph)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=said) as caught:
            model_from_json(json.dumps(config))
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 600
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("graph", [False, True])
def test_any_part_replaced_by_anything(graph: bool) -> None:
    """Replace each value of a config in turn by things of other kinds: a model or one sentence comes of it."""
    original = graph_config() if graph else stack_config()

    def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [path, *(place for key, each in children for place in places(each, (*path, key)))]

    tried = 0
    for path in places(original)[1:]:
        for value in (None, True, -1, 1e308, 2**70, "", "x" * 1000, "../x", [], [[]], {}, {"class_name": "Dense"}):
            config = copy.deepcopy(original)
            holder = config
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = value
            try:
                model_from_json(json.dumps(config))
            except ValueError as error:
                assert len(str(error)) < 1200, path  # noqa: PT017 (either is right)
            tried += 1
    assert tried > 500


def test_a_budget_for_all_weights_together() -> None:
    config = stack_config()
    with pytest.raises(ValueError, match=r"'last/kernel' must fit the \d+ bytes that are left"):
        deserialize_model(config, max_bytes=300)
    assert deserialize_model(config, max_bytes=4096).count_params() == 26
    many = changed(lambda model: model["config"]["layers"].extend(
        {"class_name": "Dense", "config": {"units": 50_000, "name": f"d{i}"}} for i in range(20)
    ))  # fmt: skip
    with pytest.raises(ValueError, match="bytes that are left for the weights"):
        deserialize_model(many, max_bytes=2**20)


DEEP = 100_000


@pytest.mark.parametrize("text", ["[" * DEEP, '{"a":' * DEEP, "[" * DEEP + "]" * DEEP, '{"a":' * 300 + "1" + "}" * 300])
def test_deep_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be JSON|nested deeper"):
        model_from_json(text)


def test_models_nested_too_deep() -> None:
    config: dict[str, Any] = {"class_name": "Dense", "config": {"units": 1}}
    for i in range(500):
        config = {"class_name": "Sequential", "config": {"name": f"m{i}", "layers": [config]}}
    with pytest.raises(ValueError, match="nested deeper"):
        deserialize_model(config)


def test_configs_that_hold_themselves() -> None:
    config = stack_config()
    config["config"]["layers"].append(config)
    with pytest.raises(ValueError, match="nested deeper"):
        deserialize_model(config)


@pytest.mark.parametrize(
    "text",
    ["", "{", "nonsense", "\x00", "null", "3", '"m"', "[]", "{}", b"\xff\xfe\x00", '{"class_name": "Dense"', "[1, 2"],
)
def test_no_configs(text: str) -> None:
    with pytest.raises(ValueError, match=r"A config must be JSON|must be a dict with a 'class_name'"):
        model_from_json(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none(number: str) -> None:
    text = json.dumps(changed(setting(units="HERE"))).replace('"HERE"', number)
    with pytest.raises(ValueError, match="must be JSON with finite numbers"):
        model_from_json(text)


def test_long_numbers_and_texts() -> None:
    with pytest.raises(ValueError, match="must be JSON"):
        parse_json("1" * 10_000)
    with pytest.raises(ValueError, match="shorter than"):
        parse_json(" " * (2**26 + 1))


@pytest.mark.parametrize("cut", range(1, 40))
def test_truncated_json(cut: int) -> None:
    text = json.dumps(graph_config())
    with pytest.raises(ValueError, match="must be JSON"):
        model_from_json(text[: -cut * len(text) // 41])


def test_a_layer_is_no_model() -> None:
    with pytest.raises(ValueError, match=r"Expected the config of a model. Received that of a Dense"):
        model_from_json(json.dumps({"class_name": "Dense", "config": {"units": 2}}))


@pytest.mark.parametrize(
    "value",
    [
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}},
        {"class_name": "__numpy__", "config": {"value": ["x"], "dtype": "float32"}},
        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "S100000000"}},
        {"class_name": "__numpy__", "config": {"value": [[1], [2, 3]], "dtype": "float32"}},
        {"class_name": "__tensor__", "config": {"value": [1], "dtype": {"a": 1}}},
    ],
)
def test_arrays_of_other_things(value: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"dtype of numbers|could not convert|inhomogeneous"):
        deserialize_keras_object(value)


@pytest.mark.parametrize(
    "config", [3, [], {}, {"loss": "mse"}, {"optimizer": 3}, {"optimizer": None}, {"optimizer_config": {"config": {}}}]
)
def test_impossible_compile_configs(config: Any) -> None:
    model = deserialize_model(stack_config())
    with pytest.raises(ValueError, match="must be a dict with"):
        compile_from(model, config)
    assert model.optimizer is None


def test_operations_of_keras_are_not_taken_for_layers_of_the_same_name() -> None:
    config = {"module": "keras.src.ops.numpy", "class_name": "Add", "config": {"name": "add"}, "registered_name": "Add"}
    with pytest.raises(ValueError, match=r"Unknown layer: 'Add', called 'add'"):
        layers.deserialize(config)
