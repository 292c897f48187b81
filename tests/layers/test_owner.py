import numpy as np
import pytest

from fastmlp import Model, Sequential, ops
from fastmlp.graph import Tensor
from fastmlp.layers import Dense, Input, Layer
from fastmlp.variables import Variable


class Affine(Layer):
    """Two layers in one, and a variable of its own."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.inner = Dense(3, name="inner")
        self.outer = self.add_weight((3, 2), "ones", name="outer")
        self.state = self.add_weight((2,), "zeros", trainable=False, name="state")

    def _sublayers(self) -> list[Layer]:
        return [self.inner] if self.built else []

    def call(self, inputs: Tensor) -> Tensor:
        return ops.dense(self.inner(inputs), self.outer)


def test_variables_are_those_of_the_layer_then_those_of_layers_inside() -> None:
    layer = Affine(name="affine")
    layer(Input((4,)))
    assert [v.name for v in layer.variables] == ["affine/outer", "affine/state", "inner/kernel", "inner/bias"]
    assert [v.name for v in layer.trainable_weights] == ["affine/outer", "inner/kernel", "inner/bias"]
    assert [v.name for v in layer.non_trainable_variables] == ["affine/state"]
    assert layer.count_params() == 6 + 2 + 12 + 3


def test_freezing_reaches_the_layers_inside_and_back() -> None:
    layer = Affine()
    layer(Input((4,)))
    layer.trainable = False
    assert (layer.trainable, layer.inner.trainable, layer.trainable_variables) == (False, False, [])
    layer.trainable = True
    assert len(layer.trainable_variables) == 3


def test_a_layer_may_be_born_frozen() -> None:
    layer = Dense(2, trainable=False)
    layer(Input((4,)))
    assert layer.trainable_variables == []


def test_get_weights_gives_copies_and_set_weights_takes_them() -> None:
    layer = Dense(3)
    layer(Input((2,)))
    kernel, bias = layer.get_weights()
    kernel[...], bias[...] = 1, 2
    assert (layer.kernel.value != 1).any()
    layer.set_weights([kernel, bias])
    assert (layer.kernel.value == 1).all()
    assert (layer.bias.value == 2).all()
    layer.set_weights([[[1, 2, 3], [4, 5, 6]], [0, 0, 0]])
    assert layer.kernel.value.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "weights", [[np.ones((2, 3))], [np.ones((2, 3)), np.ones(4)], [np.ones((2, 3)), [[1, 2, 3]]], []]
)
def test_set_weights_changes_nothing_when_something_does_not_fit(weights: list[object]) -> None:
    layer = Dense(3, name="dense")
    layer(Input((2,)))
    before = layer.get_weights()
    with pytest.raises(
        ValueError, match=r"'dense' expects weights of shapes \[\(2, 3\), \(3,\)\]. Received shapes: \["
    ):
        layer.set_weights(weights)  # type: ignore[arg-type]
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_set_weights_takes_a_list() -> None:
    layer = Dense(3, name="dense")
    layer(Input((2,)))
    with pytest.raises(ValueError, match=r"'dense' expects a list of 2 arrays. Received: 3"):
        layer.set_weights(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("bias", [["a", "b", "c"], [1j, 2j, 3j], [None, None, None]])
def test_set_weights_refuses_what_is_no_real_number(bias: list[object]) -> None:
    layer = Dense(3, name="dense")
    layer(Input((2,)))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"'dense' expects an array of real numbers. Received: dtype="):
        layer.set_weights([np.ones((2, 3)), bias])  # type: ignore[list-item]
    np.testing.assert_array_equal(layer.get_weights()[0], before[0])


def test_add_weight_takes_initializers_of_any_kind() -> None:
    layer = Layer(name="mine")
    variable = layer.add_weight((2,), {"class_name": "Constant", "config": {"value": 3}}, name="w")
    assert isinstance(variable, Variable)
    assert variable.name == "mine/w"
    assert variable.value.tolist() == [3, 3]


def test_paths_tell_of_the_models_and_layers_around() -> None:
    class Outer(Layer):
        def __init__(self) -> None:
            super().__init__(name="outer")
            self.inner = Dense(2, name="inner")
            self.scale = self.add_weight((), "ones", name="scale")

        def call(self, inputs: Tensor) -> Tensor:
            return self.inner(inputs) * self.scale

    x = Input((3,))
    stack = Sequential([x, Dense(2, use_bias=False, name="a"), Outer()], name="stack")
    assert [v.path for v in stack.variables] == [
        "stack/a/kernel", "outer/scale", "stack/outer/inner/kernel", "stack/outer/inner/bias",
    ]  # fmt: skip
    model = Model(x, Dense(1, name="b")(x), name="functional")
    assert [v.path for v in model.variables] == ["b/kernel", "b/bias"]


def test_a_constructor_must_call_that_of_the_base() -> None:
    class Forgetful(Layer):
        def __init__(self) -> None:
            self.units = 3

    class ForgetfulModel(Model):
        def __init__(self) -> None:
            self.units = 3

    message = r"In layer 'Forgetful.*', you forgot to call `super\(\).__init__\(\)` as the first statement"
    for use in (
        lambda: Forgetful()(np.ones((2, 3))),
        lambda: Forgetful().add_weight((2,)),
        lambda: Forgetful().variables,
        lambda: ForgetfulModel()(np.ones((2, 3))),
        lambda: ForgetfulModel().compile("sgd", "mse"),
    ):
        with pytest.raises(RuntimeError, match=message):
            use()


def test_dtypes_under_keras_names() -> None:
    layer = Dense(2, dtype="float64")
    assert (layer.compute_dtype, layer.variable_dtype) == ("float64", "float64")
