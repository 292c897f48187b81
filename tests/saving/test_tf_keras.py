"""Files of tf_keras and of TF 2.10 and before, made by make_fixtures.py; and, where tf_keras is installed, to it."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest
from saving.exchanged import MODELS, assert_same, outputs, train

import fastmlp

DATA = Path(__file__).with_name("data")
FILES = sorted(path.name for path in DATA.iterdir() if path.suffix in (".h5", ".keras"))


@pytest.fixture(scope="module")
def expected() -> dict[str, np.ndarray]:
    with np.load(DATA / "expected.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("file", FILES)
def test_predictions_and_next_epoch(file: str, expected: dict[str, np.ndarray]) -> None:
    prefixed = file.split(".")[0]
    name = prefixed.removeprefix("legacy_")
    model = fastmlp.models.load_model(DATA / file)
    # Before TF 2.11, RMSprop had its epsilon behind the root, which the chapter's readers will not see.
    after = 5e-3 if file == "legacy_normalized.h5" else 2e-4
    for moment, tolerance in (("before", 1e-6), ("after", after)):
        for number, ours in enumerate(outputs(name, model)):
            theirs = expected[f"{prefixed}_{moment}_{number}"]
            assert np.abs(ours - theirs).max() <= tolerance * max(1, np.abs(theirs).max())
        train(name, model)


@pytest.mark.parametrize("name", MODELS)
def test_weights_by_order_and_by_name(name: str) -> None:
    loaded = fastmlp.models.load_model(DATA / f"{name}.h5")
    fresh = MODELS[name](fastmlp)
    fresh.load_weights(DATA / f"{name}.h5")
    assert_same(name, fresh, loaded)
    again = fastmlp.models.clone_model(loaded)
    again.load_weights(DATA / f"{name}.h5", by_name=True)
    assert_same(name, again, loaded)


@pytest.mark.skipif(
    importlib.util.find_spec("tf_keras") is None, reason="needs tf_keras: pip install tensorflow tf_keras"
)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODELS)
def test_to_tf_keras(name: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tf_keras

        model = MODELS[name](fastmlp)
        train(name, model, epochs=2)
        model.save(tmp_path / "model.h5")
        other = tf_keras.models.load_model(tmp_path / "model.h5")
        assert_same(name, model, other)
        train(name, model)
        train(name, other)
        assert_same(name, model, other, 2e-4)
        fresh = MODELS[name](tf_keras)
        model.save_weights(tmp_path / "of.h5")
        fresh.load_weights(tmp_path / "of.h5")
        assert_same(name, model, fresh)
