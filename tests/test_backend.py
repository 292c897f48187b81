import numpy as np

import fastmlp as keras
from fastmlp import backend, config, ops, utils
from fastmlp.variables import Variable


def test_keras_names_are_those_of_config_and_utils() -> None:
    assert backend.floatx is config.floatx
    assert backend.clear_session is utils.clear_session


def test_functions_are_those_of_ops() -> None:
    assert backend.mean is ops.mean
    assert backend.pow is ops.power
    assert backend.switch is ops.where
    assert all(hasattr(backend, name) for name in backend.__all__)


def test_what_backend_adds() -> None:
    assert backend.backend() == "fastmlp"
    assert backend.constant(2, shape=(2, 3)).tolist() == [[2, 2, 2], [2, 2, 2]]
    assert backend.constant([1, 2]).dtype == backend.cast_to_floatx([1, 2]).dtype == np.float32
    assert backend.batch_flatten(ops.placeholder((2, 3), "float32", "x")).shape == (None, 6)
    variable = Variable((2,))
    backend.set_value(variable, [3, 4])
    np.testing.assert_array_equal(backend.get_value(variable), [3, 4])


def test_a_loss_as_older_code_writes_it() -> None:
    K = keras.backend  # noqa: N806 - as everybody calls it

    def rmse(y_true: object, y_pred: object) -> object:
        return K.sqrt(K.mean(K.square(y_pred - y_true), axis=-1) + K.epsilon())  # type: ignore[operator]

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="ones")])
    model.compile(loss=rmse, optimizer="sgd")
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    expected = np.sqrt(((model.predict(x, verbose=0) - 1) ** 2).mean(-1) + 1e-7).mean()
    np.testing.assert_allclose(model.evaluate(x, np.ones((4, 2)), verbose=0), expected, rtol=1e-6)
