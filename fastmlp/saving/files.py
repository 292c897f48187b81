"""Models to files and back: which format, and when to ask before a file is replaced."""

import os
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from fastmlp.saving import _hdf5, h5, keras_v3
from fastmlp.saving.archive import ZIP_SIGNATURE
from fastmlp.saving.atomic import replacing
from fastmlp.saving.safe import ModelFileError, errors_named, opened, signature
from fastmlp.saving.serialization import CustomObjects

if TYPE_CHECKING:
    from fastmlp.models.model import Model

FilePath = str | os.PathLike[str]

_H5_ENDINGS = (".h5", ".hdf5")
_KERAS_ENDING = ".keras"
_V3_WEIGHTS_ENDING = ".weights.h5"


def save_model(
    model: "Model",
    filepath: FilePath,
    overwrite: bool = True,
    include_optimizer: bool = True,
    save_format: str | None = None,
    *,
    zipped: bool | None = None,
) -> None:
    """Write a model to a file: its layers and weights, what it was compiled with and what its optimizer remembers.

    The file is written beside and then renamed: after an error, what was there before is there still.

    Parameters
    ----------
    model : Model
        What to save.
    filepath : str or path-like
        Ends in ".keras", Keras 3's format, or in ".h5" or ".hdf5", Keras 2's. Folders are made.
    overwrite : bool
        False asks at a terminal before a file is replaced, and raises an error elsewhere.
    include_optimizer : bool
        False leaves out what belongs to training.
    save_format : {"keras", "h5"}, optional
        The format, if the ending of the name is not to tell.
    zipped : bool, optional
        Taken for Keras' sake: a ".keras" file is always one zip archive, so False is refused.

    Raises
    ------
    ValueError
        If the format is unknown or has several files, or something in the model has no config; the message names the
        layer.
    FileExistsError
        If the file exists and must not be replaced.
    OSError
        If the file cannot be written; the message names it.
    """
    if zipped is not None and not zipped:
        raise ValueError(
            "`zipped` must be True or left out: a model is saved in one file, never in a folder of files. "
            f"Received: zipped={zipped!r}"
        )
    path, content = _path(filepath), BytesIO()
    kind = _format(path, save_format)
    if not _may_write(path, overwrite=overwrite):
        return
    if kind == "keras":
        keras_v3.write_model(content, model, include_optimizer=include_optimizer)
        with replacing(path) as file:
            file.write(content.getbuffer())
    else:
        with _hdf5.written(content) as root:
            h5.write_model(root, model, include_optimizer=include_optimizer)
        _hdf5.write(content, path)


def load_model(
    filepath: FilePath,
    custom_objects: CustomObjects = None,
    compile: bool = True,  # noqa: A002 (Keras' name)
    safe_mode: bool = True,
) -> "Model":
    """Make a model from a file that `save_model`, Keras 2 or Keras 3 wrote.

    Nothing in the file can run code or read another file, whatever `safe_mode` says: a model with a Lambda layer is
    refused, and classes and functions that fastmlp does not know come from `custom_objects` or
    `register_keras_serializable`.

    Parameters
    ----------
    filepath : str or path-like
        An HDF5 file or a zip archive; the content tells, not the name.
    custom_objects : dict, optional
        Classes and functions by name.
    compile : bool
        Whether to compile the model as it was, and let its optimizer go on where it was.
    safe_mode : bool
        Has no effect.

    Returns
    -------
    Model
        With the weights of the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it cannot be loaded as a whole; the message names the file and the reason.
    """
    path = _path(filepath)
    start = signature(path)
    with errors_named(path):
        if start.startswith(ZIP_SIGNATURE):
            return keras_v3.read_model(path, custom_objects, compiled=compile)
        with opened(path) as root:
            return h5.read_model(root, custom_objects, keras_v3.max_bytes_of(path.stat().st_size), compiled=compile)


def save_weights(
    model: "Model", filepath: FilePath, overwrite: bool = True, max_shard_size: float | None = None
) -> None:
    """Write the weights of a model to a file.

    Parameters
    ----------
    model : Model
        Built.
    filepath : str or path-like
        Ends in ".weights.h5", Keras 3's format, which has the state of the optimizer too, or in ".h5" or ".hdf5",
        Keras 2's. Folders are made.
    overwrite : bool
        As for `save_model`.
    max_shard_size : float, optional
        Taken for Keras' sake and refused: shards need a file that names others, and none is ever read for another.

    Raises
    ------
    ValueError
        If the ending is another one, the model is not built, or shards are asked for.
    FileExistsError, OSError
        As for `save_model`.
    """
    if max_shard_size is not None:
        raise ValueError(
            "`max_shard_size` must be left out: weights are saved in one file, of any size. "
            f"Received: max_shard_size={max_shard_size!r}"
        )
    path = _path(filepath)
    if not path.name.endswith(_H5_ENDINGS):
        raise ValueError(
            f"`filepath` must end in '.weights.h5', or in '.h5' for Keras 2. Received: filepath={filepath}"
        )
    _check_built(model)
    if not _may_write(path, overwrite=overwrite):
        return
    content = BytesIO()
    with _hdf5.written(content) as root:
        if path.name.endswith(_V3_WEIGHTS_ENDING):
            keras_v3.write_weights(root, model, include_optimizer=True)
        else:
            h5.write_weights(root, model)
    _hdf5.write(content, path)


def load_weights(model: "Model", filepath: FilePath, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Give a model the weights in a file, of weights or of a whole model. After an error, the model is as it was.

    The optimizer of a compiled model goes on where the one in a file of Keras 3's format was, if it has the same slots.

    Parameters
    ----------
    model : Model
        Built.
    filepath : str or path-like
        An HDF5 file or a zip archive; the content tells, not the name.
    skip_mismatch : bool
        Whether to warn of weights of other shapes or numbers and go on, instead of raising an error.
    by_name : bool
        Whether to look for layers of the same names instead of taking them in their order; layers that only one side
        has are left alone. Only for Keras 2's format.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it does not fit the model, or cannot be read; the message names the file and the reason.
    """
    path = _path(filepath)
    _check_built(model)
    start = signature(path)
    with errors_named(path):
        if start.startswith(ZIP_SIGNATURE):
            _refuse_names(by_name)
            keras_v3.read_archived_weights(path, model, skip_mismatch=skip_mismatch)
            return
        with opened(path) as root:
            group = h5.weights_group(root)
            if group is not None:
                read = h5.weights_by_name if by_name else h5.weights_by_order
                h5.assign(read(group, model, skip_mismatch=skip_mismatch))
                return
            _refuse_names(by_name)
            h5.assign(keras_v3.read_weights(root, model, skip_mismatch=skip_mismatch))
            keras_v3.restore_optimizer(root, model)


def _path(filepath: FilePath) -> Path:
    if not isinstance(filepath, str | os.PathLike):
        raise TypeError(f"`filepath` must be a string or a path. Received: filepath={filepath!r}")
    return Path(filepath)


def _format(path: Path, save_format: str | None) -> str:
    if save_format in ("keras", "h5"):
        return save_format
    if save_format is not None:
        raise ValueError(f"`save_format` must be 'keras' or 'h5'. Received: save_format={save_format!r}")
    if path.suffix == _KERAS_ENDING:
        return "keras"
    if path.suffix in _H5_ENDINGS:
        return "h5"
    raise ValueError(f"`filepath` must end in '.keras', or in '.h5' for Keras 2. Received: filepath={path}")


def _check_built(model: "Model") -> None:
    if not model.built:
        raise ValueError(
            f"Model '{model.name}' has no weights yet: its input shape is not known. Give `input_shape` to the first "
            "layer, call `build`, or train it on data."
        )


def _refuse_names(by_name: bool) -> None:
    if by_name:
        raise ModelFileError("`by_name` is for Keras 2's format, and this is Keras 3's")


def _may_write(path: Path, *, overwrite: bool) -> bool:
    """Ask the user, where there is one and a file would be replaced, and make the folder."""
    if path.exists() and not overwrite:
        if not sys.stdin.isatty():
            raise FileExistsError(f"'{path}' exists and must not be replaced, as `overwrite` is False.")
        answer = ""
        while answer not in ("y", "n"):
            answer = input(f"'{path}' exists. Replace it? [y/n] ").strip().lower()
        return answer == "y"
    path.parent.mkdir(parents=True, exist_ok=True)
    return True
