"""Training state: all that a training needs to go on as if it had never stopped, in one file.

The file is a `.weights.h5` of Keras 3's format with one attribute more, which holds JSON.
"""

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastmlp.saving import _hdf5
from fastmlp.saving.h5 import assign
from fastmlp.saving.keras_v3 import read_weights, restore_optimizer, write_weights
from fastmlp.saving.safe import ModelFileError, errors_named, opened, signature
from fastmlp.saving.serialization import parse_json

if TYPE_CHECKING:
    from fastmlp.models.model import Model

_ATTRIBUTE = "training_state"


def save_training_state(path: Path, model: "Model", extra: Mapping[str, Any]) -> None:
    """Write weights, what the optimizer remembers, and more, to a file that is there whole or not at all.

    Parameters
    ----------
    path : Path
        In a folder that exists.
    model : Model
        Compiled and built.
    extra : mapping
        Of what JSON knows: the number of the epoch, the state of the random generator, ...

    Raises
    ------
    OSError
        If the file cannot be written. What was there before is there still.
    """
    optimizer = model.optimizer
    rate = None if optimizer is None or optimizer.scheduled else float(optimizer.learning_rate)
    state = {"learning_rate": rate, "extra": dict(extra)}
    content = BytesIO()
    with _hdf5.written(content) as root:
        write_weights(root, model, include_optimizer=True)
        root.attrs[_ATTRIBUTE] = json.dumps(state)
    _hdf5.write(content, path)


def load_training_state(path: Path, model: "Model") -> dict[str, Any]:
    """Let a model go on where the one in the file was, and return what else was noted.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or is that of another model; the message names the file and the reason.
    """
    signature(path)
    with errors_named(path), opened(path) as root:
        text = root.text(_ATTRIBUTE)
        state = None if text is None else parse_json(text)
        if not isinstance(state, dict) or not isinstance(state.get("extra"), dict):
            raise ModelFileError("it holds no state of a training")
        found = read_weights(root, model, skip_mismatch=False)
        restore_optimizer(root, model)
        if model.optimizer is not None and state.get("learning_rate") is not None:
            model.optimizer.learning_rate = state["learning_rate"]  # exactly; Keras' format has 32 bits of it
        assign(found)
        extra: dict[str, Any] = state["extra"]
        return extra
