import numpy as np
import pytest

import fastmlp
from fastmlp.layers import Dense, Flatten, Input, InputLayer, Reshape
from fastmlp.models import Model, Sequential


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    fastmlp.utils.clear_session()


def test_layers_one_by_one_or_as_a_list() -> None:
    one = Sequential()
    for layer in (Flatten(input_shape=[28, 28]), Dense(30), Dense(10)):
        one.add(layer)
    other = Sequential([Flatten(input_shape=[28, 28]), Dense(30), Dense(10)])
    assert [layer.name for layer in one.layers] == ["flatten", "dense", "dense_1"]
    assert [layer.name for layer in other.layers] == ["flatten_1", "dense_2", "dense_3"]
    assert (one.name, other.name) == ("sequential", "sequential_1")
    assert one.count_params() == other.count_params() == 784 * 30 + 30 + 310
    assert one.layers[1].name == "dense"
    assert one.get_layer("dense") is one.layers[1] is one.get_layer(index=1)


def first_layers() -> dict[str, list]:
    return {
        "input_shape": [Dense(3, input_shape=(4,))],
        "input_dim": [Dense(3, input_dim=4)],
        "Input": [Input((4,)), Dense(3)],
        "InputLayer": [InputLayer(input_shape=[4]), Dense(3)],
        "model": [Sequential([Dense(5, input_shape=(4,))]), Dense(3)],
    }


@pytest.mark.parametrize("kind", first_layers())
def test_the_first_layer_says_the_input_shape(kind: str) -> None:
    layers = first_layers()[kind]
    model = Sequential(layers)
    assert model.built
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 3))
    assert not any(isinstance(layer, InputLayer) for layer in model.layers)
    assert len(model.get_weights()) == (4 if kind == "model" else 2)


def test_names_of_inputs_and_outputs() -> None:
    model = Sequential([Dense(3, input_shape=(4,)), Dense(2)])
    assert (model.input_names, model.output_names) == (["dense_input"], ["dense_1"])
    assert (model.input, model.output) == (model.inputs[0], model.outputs[0])


def test_without_a_shape_it_is_built_later() -> None:
    model = Sequential([Dense(3), Dense(2)])
    assert not model.built
    assert (model.weights, model.inputs) == ([], [])
    with pytest.raises(ValueError, match="is not built yet"):
        _ = model.input_shape
    model.build((None, 4))
    assert model.built
    assert model.count_params() == 15 + 8
    weights = model.get_weights()
    model.build((None, 4))
    np.testing.assert_array_equal(model.get_weights()[0], weights[0])


def test_a_call_builds_it() -> None:
    for x in (np.ones((2, 4), np.float32), Input((4,))):
        model = Sequential([Dense(3), Dense(2)])
        assert model(x).shape[1] == 2
        assert model.count_params() == 15 + 8


def test_a_failed_build_leaves_it_unbuilt() -> None:
    model = Sequential([Reshape((3, 4)), Dense(2)])
    with pytest.raises(ValueError, match="Cannot reshape"):
        model.build((None, 11))
    assert not model.built
    model.build((None, 12))
    assert model.output_shape == (None, 3, 2)
    model = Sequential([Dense(3), Reshape((2, 3))])
    with pytest.raises(ValueError, match="Cannot reshape"):
        model.build((None, 11))
    model.pop()
    model.build((None, 12))
    assert model.count_params() == 13 * 3


def test_a_layer_that_does_not_fit_is_not_added() -> None:
    model = Sequential([Dense(3, input_shape=(4,))])
    with pytest.raises(ValueError, match="Cannot reshape"):
        model.add(Reshape((2, 2)))
    model.add(Dense(2))
    assert [layer.name for layer in model.layers] == ["dense", "dense_1"]
    assert model(np.ones((1, 4))).shape == (1, 2)


def test_a_first_layer_that_does_not_fit_leaves_nothing_behind() -> None:
    model = Sequential()
    with pytest.raises(ValueError, match="Cannot reshape"):
        model.add(Reshape((2, 2), input_shape=(3,)))
    model.add(Dense(2, input_shape=(5,)))
    assert model.input_shape == (None, 5)


def test_growing_keeps_the_weights() -> None:
    model = Sequential([Dense(3, input_shape=(4,))])
    x = np.random.default_rng(0).random((5, 4), np.float32)
    before = model(x)
    model.add(Dense(2, use_bias=False))
    np.testing.assert_allclose(model(x), before @ model.layers[1].kernel.value, rtol=1e-5)


def test_pop_takes_the_last_layer_off() -> None:
    model = Sequential([Dense(3, input_shape=(4,)), Dense(2)])
    last = model.layers[-1]
    assert model.pop() is last
    assert model.output_shape == (None, 3)
    assert model(np.ones((1, 4))).shape == (1, 3)
    model.pop()
    assert not model.built
    model.add(Dense(5))
    assert model.output_shape == (None, 5)
    with pytest.raises(ValueError, match="There are no layers in model"):
        Sequential().pop()


def test_what_is_no_layer_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Sequential expects layers. Received: 'relu'"):
        Sequential(["relu"])
    with pytest.raises(TypeError, match=r"Sequential expects layers. Received: <Tensor"):
        Sequential([Dense(1)(Input((3,)))])
    for layers in (3, Dense(1)):
        with pytest.raises(ValueError, match=r"`layers` must be a list of layers. Received: layers="):
            Sequential(layers)
    with pytest.raises(ValueError, match=r"`input_shape` must be a tuple \(None, ...\). Received: input_shape=5"):
        Sequential([Dense(1)]).build(5)
    with pytest.raises(ValueError, match=r"An input must be the first layer of a Sequential. Received: 'x'"):
        Sequential([Dense(1), Input((3,), name="x")])
    with pytest.raises(ValueError, match="Received 2 layers named 'a'"):
        Sequential([Dense(1, name="a"), Dense(1, name="a")])
    with pytest.raises(ValueError, match="has no layers to build"):
        Sequential().build((None, 3))


def test_the_dtype_is_that_of_the_layers() -> None:
    model = Sequential([Dense(3, input_shape=(4,), dtype="float64"), Dense(2, dtype="float64")])
    assert model.dtype == "float64"
    assert model(np.ones((1, 4))).dtype == np.float64


def test_a_layer_may_be_in_two_models() -> None:
    shared = Dense(3, input_shape=(4,))
    one, other = Sequential([shared]), Sequential([shared, Dense(2)])
    x = np.ones((1, 4))
    one(x), other(x)
    shared.set_weights([np.ones((4, 3)), np.zeros(3)])
    np.testing.assert_array_equal(one(x), [[4, 4, 4]])
    np.testing.assert_allclose(other(x), 4 * other.layers[1].kernel.value.sum(0, keepdims=True), rtol=1e-6)


def test_it_is_a_model_and_may_be_subclassed_by_name() -> None:
    class Tower(Sequential):
        pass

    assert isinstance(Tower(), Model)
    assert Tower().name == "tower_1"
