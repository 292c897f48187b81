"""How hyperparameters become a compiled model."""

from typing import Any

import pytest

pytest.importorskip("sklearn")

from wrappers import builders

import fastmlp as keras
from fastmlp.wrappers._building import build_model


def test_objects_are_made_of_names_classes_and_objects() -> None:
    for optimizer in ("adam", keras.optimizers.Adam, keras.optimizers.Adam(0.5)):
        given = {"optimizer": optimizer, "optimizer__learning_rate": 0.25, "loss": "mse"}
        model = build_model(builders.uncompiled, given, {})
        assert isinstance(model.optimizer, keras.optimizers.Adam)
        assert model.optimizer is not optimizer
        assert float(model.optimizer.learning_rate) == 0.25
    for loss in ("huber", keras.losses.Huber, keras.losses.Huber(3.0)):
        model = build_model(builders.built_with, {"loss": loss, "loss__delta": 2.0}, {})
        assert model.loss.delta == 2.0


def test_none_asks_for_nothing() -> None:
    model = build_model(builders.regressor, {"loss": None, "metrics": None}, {})
    assert model.loss == "mse"
    model = build_model(builders.built_with, {"loss": "mse", "optimizer__rho": 0.5}, {})
    assert isinstance(model.optimizer, keras.optimizers.RMSprop)


def test_parts_of_a_list_have_settings_of_their_own() -> None:
    metrics = {"metrics": ["auc", keras.metrics.Precision], "metrics__0__num_thresholds": 7, "metrics__1__name": "p"}
    asked = build_model(builders.built_with, {"loss": "mse", **metrics}, {}).compile_arguments["metrics"]
    assert asked[0].num_thresholds == 7
    assert asked[1].name == "p"


def test_an_argument_of_the_build_function_is_given_as_it_is() -> None:
    seen = {}

    def build(optimizer: Any = "adam", units: int = 3, **others: Any) -> Any:
        seen.update(others, optimizer=optimizer)
        model = builders.uncompiled(units)
        model.compile(loss="mse", optimizer=optimizer)
        return model

    assert isinstance(build_model(build, {}, {}).optimizer, keras.optimizers.Adam)
    build_model(build, {"optimizer": "sgd", "depth": 2, "epochs": 4}, {})
    assert seen == {"optimizer": "sgd", "depth": 2}
    build_model(build, {"optimizer": "sgd", "optimizer__learning_rate": 0.5}, {})
    assert float(seen["optimizer"].learning_rate) == 0.5


def test_what_is_known_of_the_data_is_handed_over() -> None:
    def build(meta: Any, params: Any) -> Any:
        assert meta == {"n_features_in_": 4}
        assert params == {"loss": "mse"}
        return builders.uncompiled()

    build_model(build, {"loss": "mse"}, {"n_features_in_": 4})


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"must return a model. Received: 3"):
        build_model(lambda: 3, {}, {})
    with pytest.raises(ValueError, match="compiled by its build function, or the wrapper be given a `loss`"):
        build_model(builders.uncompiled, {}, {})
    with pytest.raises(ValueError, match=r"must take what it is to be compiled with.*: optimizer$"):
        build_model(builders.regressor, {"optimizer__learning_rate": 0.1}, {})
    with pytest.raises(ValueError, match="`loss__delta` needs a `loss`"):
        build_model(builders.uncompiled, {"loss__delta": 0.1}, {})
    with pytest.raises(ValueError, match=r"Known|known"):
        build_model(builders.uncompiled, {"loss": "mse", "optimizer": "adamant", "optimizer__beta_1": 0.1}, {})
