"""Make the files in tests/saving/data with tf_keras, which is too large for continuous integration.

    python -m pip install tensorflow tf_keras && python tests/saving/make_fixtures.py

Each model is trained for two epochs, saved, and trained for one epoch more; what it predicts before and after is in
expected.npz. The files called legacy are those of TF 2.10 and before, whose optimizers tf_keras still has.
"""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import tf_keras
from saving.exchanged import MODELS, outputs, train

DATA = Path(__file__).with_name("data")


def main() -> None:
    DATA.mkdir(exist_ok=True)
    expected = {}
    legacy = SimpleNamespace(**{**vars(tf_keras), "optimizers": tf_keras.optimizers.legacy})
    for prefix, k in (("", tf_keras), ("legacy_", legacy)):
        for name, build in MODELS.items():
            tf_keras.backend.clear_session()
            tf_keras.utils.set_random_seed(1)
            model = build(k)
            train(name, model, epochs=2)
            model.save(DATA / f"{prefix}{name}.h5")
            if not prefix:
                model.save(DATA / f"{name}.keras")
            for moment in ("before", "after"):
                for number, array in enumerate(outputs(name, model)):
                    expected[f"{prefix}{name}_{moment}_{number}"] = array
                train(name, model)
    np.savez(DATA / "expected.npz", **expected)


if __name__ == "__main__":
    main()
