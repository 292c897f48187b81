import pytest

import fastmlp
from fastmlp.layers import Input, InputLayer


def test_input_gives_the_tensor_of_a_layer() -> None:
    x = Input(shape=[28, 28], name="image", dtype="float64")
    assert (x.shape, x.name, x.dtype, x.op) == ((None, 28, 28), "image", "float64", "input")
    assert isinstance(x.node.layer, InputLayer)
    assert x.node.layer.tensor is x
    assert x.node.layer.input_shape == x.node.layer.output_shape == (None, 28, 28)


def test_names_count_from_one() -> None:
    fastmlp.utils.clear_session()
    assert [Input((3,)).name, Input((3,)).name] == ["input_1", "input_2"]


def test_both_words_for_the_shape() -> None:
    assert InputLayer(input_shape=[8]).tensor.shape == InputLayer([8]).tensor.shape == (None, 8)


@pytest.mark.parametrize("shape", [None, (None,), 3, (0,)])
def test_the_shape_is_needed(shape: object) -> None:
    with pytest.raises(ValueError, match=r"`shape` must be a tuple of positive integers.* Received: shape="):
        Input(shape)  # type: ignore[arg-type]


def test_integers_are_data_not_a_dtype_of_arithmetic() -> None:
    with pytest.raises(ValueError, match=r"`dtype` must be 'float32' or 'float64'. Received: dtype='uint8'"):
        Input((3,), dtype="uint8")
