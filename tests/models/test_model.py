import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastmlp
from fastmlp import ops
from fastmlp.layers import Concatenate, Dense, Dropout, Flatten, Input, add
from fastmlp.lowering import LossSpec, Purpose
from fastmlp.models import Model, Sequential

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    fastmlp.utils.clear_session()


def wide_and_deep() -> Model:
    wide, deep = Input((5,), name="wide"), Input((6,), name="deep")
    hidden = Dense(30, activation="relu")(deep)
    return Model([wide, deep], [Dense(1, name="main")(Concatenate()([wide, hidden])), Dense(2, name="aux")(hidden)])


def test_layers_inputs_and_outputs() -> None:
    model = wide_and_deep()
    assert model.name == "model"
    assert [layer.name for layer in model.layers] == ["deep", "wide", "dense", "concatenate", "main", "aux"]
    assert (model.input_names, model.output_names) == (["wide", "deep"], ["main", "aux"])
    assert (model.input_shape, model.output_shape) == ([(None, 5), (None, 6)], [(None, 1), (None, 2)])
    assert (model.input, model.output) == (model.inputs, model.outputs)
    assert model.dtype == "float32"
    assert [v.name for v in model.variables][::2] == ["dense/kernel", "main/kernel", "aux/kernel"]


def test_all_variables_share_an_arena_once_the_model_runs() -> None:
    model = wide_and_deep()
    model.lower(Purpose(1))
    arena = model.variables[0].arena
    assert arena is not None
    assert all(variable.arena is arena for variable in model.variables)
    assert arena.nbytes == sum(variable.storage.nbytes for variable in model.variables)


def test_get_layer_lists_the_layers_it_has() -> None:
    model = wide_and_deep()
    assert model.get_layer(index=-1) is model.get_layer("aux")
    with pytest.raises(
        ValueError, match=r"No layer is named 'x'. The layers are: deep, wide, dense, concatenate, main, aux"
    ):
        model.get_layer("x")
    with pytest.raises(ValueError, match=r"`index` must be less than 6, the number of layers. Received: 6"):
        model.get_layer(index=6)
    with pytest.raises(ValueError, match="Expected either `name` or `index`"):
        model.get_layer()


def test_outputs_of_one_layer_are_numbered() -> None:
    x, y, layer = Input((3,)), Input((3,)), Dense(1, name="shared")
    assert Model([x, y], [layer(x), layer(y)]).output_names == ["shared", "shared_1"]


def test_what_is_no_graph_is_refused() -> None:
    x = Input((3,), name="x")
    y = Dense(2)(x)
    with pytest.raises(ValueError, match=r"Model expects `inputs` and `outputs`. Received: inputs=None"):
        Model()
    with pytest.raises(ValueError, match="Model expects `inputs` and `outputs`"):
        Model(inputs=x)
    with pytest.raises(ValueError, match=r"`inputs` must be tensors made by `Input`. Received: <Tensor dense"):
        Model(y, Dense(1)(y))
    with pytest.raises(ValueError, match=r"`outputs` must be tensors that layers returned. Received: 3"):
        Model(x, 3)
    with pytest.raises(ValueError, match="A model needs inputs and outputs"):
        Model([], [])
    with pytest.raises(ValueError, match="Each tensor in `inputs` must be listed once"):
        Model([x, x], y)
    with pytest.raises(ValueError, match=r"Expected inputs: \['z'\]. Received outputs that depend on: 'x'"):
        Model(Input((3,), name="z"), y)
    with pytest.raises(ValueError, match=r"must have different names. Received 2 layers named 'a'"):
        Model(x, Dense(1, name="a")(Dense(1, name="a")(x)))


def test_set_weights_of_a_model_is_all_or_nothing() -> None:
    model = wide_and_deep()
    before = model.get_weights()
    model.set_weights([2 * weight for weight in before])
    np.testing.assert_array_equal(model.get_weights()[0], 2 * before[0])
    with pytest.raises(ValueError, match="'model' expects weights of shapes"):
        model.set_weights(before[:-1])
    np.testing.assert_array_equal(model.get_weights()[0], 2 * before[0])


def test_a_model_in_a_model_shares_its_weights() -> None:
    inner = Sequential([Dense(3, activation="tanh", input_shape=(4,))], name="inner")
    x, y = Input((4,)), Input((4,))
    outer = Model([x, y], add([inner(x), inner(y)]))
    assert [layer.name for layer in outer.layers][-2:] == ["inner", "add"]
    assert outer.variables == inner.variables
    a, b = RNG.random((2, 5, 4), np.float32)
    np.testing.assert_allclose(outer.predict_on_batch([a, b]), inner(a) + inner(b), rtol=1e-6)
    with pytest.raises(
        ValueError, match=r"'inner' expects inputs of shapes \[\(None, 4\)\]. Received shapes: \[\(None, 5\)\]"
    ):
        inner(Input((5,)))


def test_several_outputs_keep_their_structure() -> None:
    x = Input((3,))
    model = Model(x, {"a": Dense(1)(x), "b": (Dense(2)(x),)})
    outputs = model(Input((3,)))
    assert (outputs["a"].shape, outputs["b"][0].shape) == ((None, 1), (None, 2))


def test_ops_may_stand_between_layers() -> None:
    x = Input((3,))
    model = Model(x, ops.multiply(Dense(3, name="a")(x), x))
    array = RNG.random((4, 3), np.float32)
    kernel = model.get_layer("a").kernel.value
    np.testing.assert_allclose(model(array), (array @ kernel) * array, rtol=1e-5)
    assert model.output_names == ["a"]


# Calling a model on arrays


def image_model() -> Sequential:
    return Sequential([Flatten(input_shape=(4, 5)), Dense(7, activation="relu"), Dropout(0.5), Dense(3)])


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int32", "int64", "float16", "bool", ">f4", ">i8"])
@pytest.mark.parametrize("layout", ["C", "F", "strided", "reversed", "read-only"])
def test_arrays_of_every_kind_are_read_right(dtype: str, layout: str) -> None:
    model = image_model()
    x = RNG.integers(0, 2, (6, 4, 5)).astype(dtype)
    given = {
        "C": x,
        "F": np.asfortranarray(x),
        "strided": np.repeat(x, 2, axis=2)[:, :, ::2],
        "reversed": x[::-1].copy()[::-1],
        "read-only": x.copy(),
    }[layout]
    given.flags.writeable = layout != "read-only"
    first, last = model.layers[1], model.layers[3]
    hidden = np.maximum(x.reshape(6, 20).astype(np.float32) @ first.kernel.value + first.bias.value, 0)
    y = model(given)
    assert (y.shape, y.dtype) == ((6, 3), np.float32)
    np.testing.assert_allclose(y, hidden @ last.kernel.value + last.bias.value, rtol=1e-4, atol=1e-5)


def test_many_rows_and_one_give_the_same_bits() -> None:
    model = image_model()
    x = RNG.random((1000, 4, 5), np.float32)
    y = model(x)
    np.testing.assert_array_equal(np.concatenate([model(x[i : i + 1]) for i in range(0, 1000, 37)]), y[::37])


def test_present_weights_count() -> None:
    model = image_model()
    x = RNG.random((2, 4, 5), np.float32)
    assert model(x).any()
    model.set_weights([0 * weight for weight in model.get_weights()])
    assert not model(x).any()


def test_weights_that_moved_are_found() -> None:
    layer = Dense(3, input_shape=(4,))
    small = Sequential([layer])
    x = RNG.random((2, 4), np.float32)
    before = small(x)
    other = Sequential([Dense(4, input_shape=(4,)), layer])
    other(x)
    np.testing.assert_array_equal(small(x), before)


def test_dropout_acts_on_arrays_only_when_asked_for() -> None:
    model = Sequential([Dropout(0.5, input_shape=(200,))])
    x = np.ones((20, 200), np.float32)
    np.testing.assert_array_equal(model(x), x)
    np.testing.assert_array_equal(model(x, training=False), x)
    assert (model(x, training=True) == 0).mean() == pytest.approx(0.5, abs=0.03)
    fixed = Model(y := Input((200,)), model(y, training=True))
    assert (fixed(x) == 0).mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    "x", [np.ones((2, 5, 4)), np.ones((2, 20)), np.ones((0, 4, 5)), np.array("a"), np.full((2, 4, 5), "a")]
)
def test_arrays_that_do_not_fit_are_refused_in_one_sentence(x: np.ndarray) -> None:
    with pytest.raises((ValueError, TypeError), match="Received"):
        image_model()(x)


def test_several_threads_may_call_one_model() -> None:
    model = image_model()
    x = RNG.random((64, 4, 5), np.float32)
    expected = model(x)
    with ThreadPoolExecutor(4) as pool:
        for i, y in enumerate(pool.map(lambda i: model(x[i : i + 3]), [*range(60)] * 5)):
            np.testing.assert_array_equal(y, expected[i % 60 : i % 60 + 3])


# Plans


def test_plans_are_found_again_and_the_oldest_are_dropped() -> None:
    model = wide_and_deep()
    first = model.lower(Purpose(1))
    assert model.lower(Purpose(1)) is first
    assert model.lower(Purpose(2)) is not first
    for batch_size in range(2, 40):
        model.lower(Purpose(batch_size))
        model.lower(Purpose(1))
    assert model.lower(Purpose(1)) is first
    assert len(model._plans) <= 16


def test_plans_for_large_batches_do_not_pile_up() -> None:
    model = Sequential([Dense(3, input_shape=(4,))])
    for batch_size in (32, 1000, 2000, 3000, 50000, 60000):
        model.lower(Purpose(batch_size))
    assert [purpose.batch_size for _, purpose, _ in model._plans] == [50000, 60000]
    for batch_size in range(32, 70):
        model.lower(Purpose(batch_size))
    assert len(model._plans) == 16
    model.compile("sgd", "mse")
    for rows, batch_size in ((700, 1024), (1024, 1024), (1025, 1025), (5000, 5000)):
        model.train_on_batch(np.zeros((rows, 4), np.float32), np.zeros((rows, 3), np.float32))
        assert next(reversed(model._plans))[1].batch_size == batch_size


def test_freezing_a_layer_makes_another_plan() -> None:
    model = Sequential([Dense(3, input_shape=(4,)), Dense(1)])
    purpose = Purpose(8, training=True, targets=((1,),), losses=(LossSpec("mse", 0, 0),))
    first = model.lower(purpose)
    model.layers[0].trainable = False
    assert model.lower(purpose) is not first
    model.layers[0].trainable = True
    assert model.lower(purpose) is first


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_predict_the_same_and_are_independent(copied: Callable[[Model], Model]) -> None:
    model = image_model()
    x = RNG.random((3, 4, 5), np.float32)
    y = model(x)
    other = copied(model)
    np.testing.assert_array_equal(other(x), y)
    other.set_weights([0 * weight for weight in other.get_weights()])
    assert not other(x).any()
    np.testing.assert_array_equal(model(x), y)


def test_a_model_that_is_dropped_frees_its_memory() -> None:
    model = image_model()
    model(np.ones((1, 4, 5)))
    arena = weakref.ref(model.variables[0])
    del model
    gc.collect()
    assert arena() is None


@pytest.mark.parametrize("by_key", [True, False])
def test_inputs_of_a_model_within_a_model_are_found_by_name(by_key: bool) -> None:
    a, b = Input([2], name="a"), Input([2], name="b")
    inner = Model({"a": a, "b": b} if by_key else [a, b], Concatenate()([a, b]))
    p, q = Input([2]), Input([2])
    outer = Model([p, q], inner({"b": q, "a": p}))
    np.testing.assert_array_equal(outer.predict([[[1, 2]], [[3, 4]]]), [[1, 2, 3, 4]])
    with pytest.raises(ValueError, match=r"expects inputs by the names \['a', 'b'\]. Received: \['a', 'c'\]"):
        inner({"a": p, "c": q})
