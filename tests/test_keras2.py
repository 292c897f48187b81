import pytest

from fastmlp import _keras2, initializers, layers


@pytest.mark.parametrize(
    ("cls", "before", "now"),
    [
        (layers.Dense, {"batch_input_shape": [None, 3]}, {"input_shape": [3]}),
        (layers.Dense, {"batch_input_shape": [None, None]}, {}),
        (layers.InputLayer, {"batch_input_shape": [None, 3]}, {"batch_shape": [None, 3]}),
        (layers.Dense, {"dtype": {"class_name": "DTypePolicy", "config": {"name": "float64"}}}, {"dtype": "float64"}),
        (layers.Concatenate, {"axis": [1]}, {"axis": 1}),
        (layers.Concatenate, {"axis": [1, 2]}, {"axis": [1, 2]}),
        (initializers.Zeros, {"reduction": "auto"}, {"reduction": "sum_over_batch_size"}),
    ],
)
def test_settings_of_both_dialects(cls: type, before: dict[str, object], now: dict[str, object]) -> None:
    assert _keras2.modern(cls, before) == now
    assert _keras2.modern(cls, now) == now


def test_renamed_settings() -> None:
    class LeakyReLU:
        pass

    assert _keras2.modern(LeakyReLU, {"alpha": 0.3}) == {"negative_slope": 0.3}
    assert _keras2.former("LeakyReLU", {"negative_slope": 0.3}) == {"alpha": 0.3}


def test_settings_that_ask_for_nothing() -> None:
    layer = layers.deserialize(
        {"class_name": "Dense", "config": {"units": 2, "activity_regularizer": None, "quantization_config": None}}
    )
    assert layer.units == 2
    assert layers.deserialize({"class_name": "Flatten", "config": {"data_format": "channels_last"}})


@pytest.mark.parametrize("setting", [{"lora_rank": 4}, {"sparse_core": True}, {"whatever": "x"}])
def test_settings_that_cannot_be_honoured(setting: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"Layer 'one' \(Dense\): Dense expects settings among units, .* Received: "):
        layers.deserialize({"class_name": "Dense", "config": {"units": 2, "name": "one", **setting}})
