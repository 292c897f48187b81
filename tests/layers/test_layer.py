import numpy as np
import pytest

import fastmlp
from fastmlp import ops
from fastmlp.graph import Tensor
from fastmlp.layers import Add, Dense, Dropout, Flatten, Input, Layer
from fastmlp.layers.layer import check_sample_shape
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


def test_names_are_counted_and_can_be_given() -> None:
    fastmlp.utils.clear_session()
    assert [Dense(1).name, Dense(1).name, Dense(1, name="mine").name, Dense(1).name] == [
        "dense", "dense_1", "mine", "dense_2",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "a/b", 3])
def test_names_are_strings_without_slashes(name: object) -> None:
    with pytest.raises(ValueError, match="`name` must be a non-empty string without '/'"):
        Dense(1, name=name)


def test_unknown_arguments_are_refused() -> None:
    with pytest.raises(
        TypeError, match=r"^Dense expects .*'activation', .*'input_shape'.*\. Received: \['activaton'\]$"
    ):
        Dense(1, activaton="relu")
    with pytest.raises(TypeError, match=r"^Flatten expects .*'data_format', .*\. Received: \['units'\]$"):
        Flatten(units=3)


@pytest.mark.parametrize("shape", [(0,), (-1,), (None, 3), (2.5,), "ab", 3, (True,)])
def test_input_shapes_are_positive(shape: object) -> None:
    with pytest.raises(ValueError, match="`input_shape` must be a tuple of positive integers"):
        Dense(1, input_shape=shape)


def test_input_shapes_may_be_lists_and_numpy_integers_but_not_huge() -> None:
    assert check_sample_shape([np.int64(28), 28], "shape") == (28, 28)
    with pytest.raises(ValueError, match=r"more than 2\*\*31 numbers a sample"):
        check_sample_shape((2**20, 2**20), "shape")


def test_a_layer_is_built_once_when_it_is_first_called() -> None:
    layer = Affine(name="affine")
    assert not layer.built
    assert layer(Input((4,))).shape == (None, 2)
    outer = layer.outer
    assert layer(Input((4,))).shape == (None, 2)
    assert layer.built
    assert layer.outer is outer
    assert (layer.input_shape, layer.output_shape) == ((None, 4), (None, 2))


def test_a_failed_build_leaves_no_variables_behind() -> None:
    layer = Dense(3, bias_initializer=lambda shape, dtype: np.ones(7))
    for _ in range(2):
        with pytest.raises(ValueError, match="Received a value of shape"):
            layer(Input((4,)))
        assert layer.variables == []
        assert not layer.built


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


def test_what_call_only_passes_on_still_belongs_to_the_layer() -> None:
    x = Input((4,))
    flatten, dropout = Flatten(), Dropout(0.0)
    y = flatten(x)
    z = dropout(y)
    assert x.node.layer.name.startswith("input")
    assert y.node.layer is flatten
    assert z.node.layer is dropout


def test_call_must_return_tensors() -> None:
    class Broken(Layer):
        def call(self, inputs: Tensor) -> int:
            return 3

    with pytest.raises(TypeError, match=r"`call` of layer 'broken' must return tensors. Received: 3"):
        Broken(name="broken")(Input((4,)))
    with pytest.raises(NotImplementedError, match="Layer Layer must implement `call`"):
        Layer()(Input((4,)))


def test_on_arrays_a_layer_computes() -> None:
    layer = Dense(2, dtype="float64")
    x = np.arange(12).reshape(4, 3)
    y = layer(x)
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, x @ layer.kernel.value, rtol=1e-13)
    np.testing.assert_array_equal(Add()([x, x]), 2 * x)


@pytest.mark.parametrize("arrays", [[np.ones((2, 3)), np.ones((3, 3))], [np.ones((0, 3))], [np.float32(1)]])
def test_arrays_must_be_one_batch(arrays: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match="expects tensors, or arrays of one non-empty batch"):
        Add(name="add")(arrays)


def test_compute_output_shape() -> None:
    assert Dense(3).compute_output_shape((None, 28, 5)) == (None, 28, 3)


def test_shapes_and_counts_are_known_after_the_first_call() -> None:
    layer = Dense(3, name="dense")
    with pytest.raises(AttributeError, match="'dense' has not been called yet"):
        _ = layer.output_shape
    with pytest.raises(ValueError, match="'dense' has no parameters to count yet"):
        layer.count_params()
    x = Input((4,))
    y = layer(x)
    assert layer.input is x
    assert layer.output is y


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
