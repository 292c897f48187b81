"""Whole models to JSON-able dicts and back, in the dialects of Keras 2 and Keras 3.

Reading never imports what a config names and never runs code: classes come from fastmlp's own tables, from
`register_keras_serializable`, and from the caller's `custom_objects`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from fastmlp.models.model import Model

Dialect = Literal["keras2", "keras3"]
CustomObjects = Mapping[str, Any] | None


def serialize_model(model: "Model", dialect: Dialect) -> dict[str, Any]:
    """Return the architecture of a model: a dict of what JSON knows.

    Parameters
    ----------
    model : Model
        A Sequential, a functional model, or a subclass with a `get_config`.
    dialect : {"keras2", "keras3"}
        "keras2" is what an `.h5` file keeps under `model_config`, "keras3" the `config.json` of a `.keras` file without
        its `compile_config`.

    Raises
    ------
    ValueError
        If something in the model has no config; the message names the layer.
    """
    raise NotImplementedError


def deserialize_model(config: Any, custom_objects: CustomObjects = None) -> "Model":
    """Make a model from what `serialize_model` returned; the dialect is seen from the content.

    Parameters
    ----------
    config : dict
        As JSON decodes it; `parse_json` decodes within limits.
    custom_objects : dict, optional
        Classes and functions by name that fastmlp does not know.

    Raises
    ------
    ValueError
        If the config is not that of a model, names something unknown or forbidden, or is beyond the limits of depth and
        size; the message names the layer.
    """
    raise NotImplementedError


def serialize_compile(model: "Model", dialect: Dialect) -> dict[str, Any] | None:
    """Return what `compile` was given, or None for a model that is not compiled.

    Parameters
    ----------
    model : Model
        Compiled or not.
    dialect : {"keras2", "keras3"}
        "keras2" is what an `.h5` file keeps under `training_config`, "keras3" is the `compile_config` of a `.keras` file.
    """
    raise NotImplementedError


def compile_from(model: "Model", config: Any, custom_objects: CustomObjects = None) -> None:
    """Compile a model as `serialize_compile` noted it; the dialect is seen from the content.

    Parameters
    ----------
    model : Model
        To be compiled.
    config : dict
        `training_config` or `compile_config`.
    custom_objects : dict, optional
        Losses, metrics and optimizers by name that fastmlp does not know.
    """
    raise NotImplementedError


def parse_json(text: str | bytes) -> Any:
    """Decode JSON from a stranger.

    Raises
    ------
    ValueError
        If it is not JSON, longer than 256 MiB, nested deeper than 256, or holds NaN or infinities.
    """
    raise NotImplementedError
