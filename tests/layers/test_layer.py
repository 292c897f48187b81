import numpy as np
import pytest

import fastmlp
from fastmlp.graph import Tensor
from fastmlp.layers import Add, Dense, Dropout, Flatten, Input, Layer
from fastmlp.layers._checks import sample_shape


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
    assert sample_shape([np.int64(28), 28], "shape") == (28, 28)
    with pytest.raises(ValueError, match=r"more than 2\*\*31 numbers a sample"):
        sample_shape((2**20, 2**20), "shape")


def test_a_layer_is_built_once_when_it_is_first_called() -> None:
    layer = Dense(2, name="dense")
    assert not layer.built
    assert layer(Input((4,))).shape == (None, 2)
    kernel = layer.kernel
    assert layer(Input((4,))).shape == (None, 2)
    assert layer.built
    assert layer.kernel is kernel
    assert (layer.input_shape, layer.output_shape) == ((None, 4), (None, 2))


def test_a_failed_build_leaves_no_variables_behind() -> None:
    layer = Dense(3, bias_initializer=lambda shape, dtype: np.ones(7))
    for _ in range(2):
        with pytest.raises(ValueError, match="Received a value of shape"):
            layer(Input((4,)))
        assert layer.variables == []
        assert not layer.built


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


def test_losses_are_penalties_and_what_the_call_adds() -> None:
    layer = Dense(2, kernel_regularizer="l2", bias_regularizer="l1", activity_regularizer="l1", dtype="float64")
    assert layer.losses == []
    layer(Input((3,), dtype="float64"))
    layer.set_weights([np.arange(6).reshape(3, 2), [-2, 1]])
    activity, kernel, bias = layer.losses
    assert float(kernel) == pytest.approx(0.01 * 55)
    assert float(bias) == pytest.approx(0.01 * 3)
    with pytest.raises(TypeError, match="stands for a computation and has no value"):
        float(activity)
    layer.trainable = False
    assert len(layer.losses) == 1
