import numpy as np
import pytest

from fastmlp import optimizers
from fastmlp.variables import Variable


@pytest.mark.parametrize("name", ["sgd", "SGD", "adam", "Adam", "rmsprop", "RMSprop"])
def test_names(name: str) -> None:
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_classes_configs_and_objects() -> None:
    assert type(optimizers.get(optimizers.Adam)) is optimizers.Adam
    optimizer = optimizers.SGD(0.3, momentum=0.5, nesterov=True)
    assert optimizers.get(optimizer) is optimizer
    twin = optimizers.deserialize(optimizers.serialize(optimizer))
    assert (twin.learning_rate, twin.kind, twin.hyper) == (0.3, "nesterov", (0.5,))


@pytest.mark.parametrize("identifier", ["lyon", 3, None, len])
def test_unknown_optimizers_are_answered_with_the_known(identifier: object) -> None:
    with pytest.raises(ValueError, match=r"adam|optimizer"):
        optimizers.get(identifier)


@pytest.mark.parametrize("cls", [optimizers.SGD, optimizers.Adam, optimizers.RMSprop])
def test_unknown_keywords_are_answered_with_the_known(cls) -> None:
    with pytest.raises(TypeError, match=r"'learning_rate'.*'lr'.*Received: \['nonsense'\]"):
        cls(nonsense=1)


@pytest.mark.parametrize("cls", [optimizers.SGD, optimizers.Adam, optimizers.RMSprop])
def test_lr_is_another_name_of_the_learning_rate(cls) -> None:
    optimizer = cls(lr=0.25)
    assert optimizer.learning_rate == optimizer.lr == 0.25
    optimizer.lr = 0.5
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf"), "fast", None])
def test_learning_rates_that_cannot_be(rate: object) -> None:
    with pytest.raises(ValueError, match=r"`learning_rate` must be a number of at least 0 or a schedule. Received: "):
        optimizers.SGD(rate)  # type: ignore[arg-type]


def test_a_schedule_is_asked_for_each_step() -> None:
    optimizer = optimizers.SGD(lambda step: 1 / (1 + step))
    np.testing.assert_array_equal(optimizer.learning_rates(3), [1, 1 / 2, 1 / 3])
    optimizer.iterations = 4
    assert optimizer.learning_rate == 1 / 5
    np.testing.assert_array_equal(optimizer.learning_rates(2), [1 / 5, 1 / 6])
    optimizer.learning_rate = np.float32(0.5)
    np.testing.assert_array_equal(optimizer.learning_rates(2), [0.5, 0.5])


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.5])
def test_a_schedule_returns_rates(rate: float) -> None:
    optimizer = optimizers.SGD(lambda step: rate if step == 5 else 0.1)
    optimizer.iterations = 3
    with pytest.raises(ValueError, match=rf"finite numbers of at least 0. Received: {rate} for step 5"):
        optimizer.learning_rates(4)


def test_slots_lie_in_arenas_and_keep_their_values() -> None:
    first, second = Variable((3, 2)), Variable((2,), "float64")
    optimizer = optimizers.Adam()
    momenta, velocities = optimizer.slots([first, second])
    assert [slot.shape for slot in momenta] == [(3, 2), (2,)]
    assert momenta[0].arena is momenta[1].arena is not velocities[0].arena
    momenta[0].assign(np.ones((3, 2)))
    assert velocities[1].dtype == "float64"
    assert optimizer.slots([first, second]) == [momenta, velocities]
    assert optimizer.slots([second]) == [momenta[1:], velocities[1:]]
    assert optimizers.SGD().slots([first]) == []


def test_slots_belong_to_the_variables_of_one_model() -> None:
    first, second = Variable((3, 2), name="dense/kernel"), Variable((3, 2), name="dense_1/kernel")
    optimizer = optimizers.Adam()
    ((momentum,), _) = optimizer.slots([first])
    with pytest.raises(ValueError, match=r"needs an optimizer of its own. Received: .*adam.* with 'dense_1/kernel'"):
        optimizer.slots([first, second])
    assert optimizer.slots([first])[0] == [momentum]
