"""Where Keras 2 writes a class's settings otherwise than Keras 3, whose way is fastmlp's own."""

from typing import Any

# What Keras 2 calls a setting of a class that Keras 3 calls otherwise: {class: {Keras 3's name: Keras 2's name}}.
_RENAMED = {"LeakyReLU": {"negative_slope": "alpha"}}

# Settings that Keras 2 does not know, even where they ask for nothing.
_NEW = ("gradient_accumulation_steps", "input_axes", "loss_scale_factor", "output_axes")

# Settings of Keras' that change nothing that fastmlp computes while they have one of these values.
_HARMLESS: dict[str, tuple[Any, ...]] = {
    "decay": (0, 0.0),
    "dtype": ("float32", "float64"),  # of initializers, losses and metrics
    "fn": (),
    "input_length": (),
    "is_legacy_optimizer": (),
    "jit_compile": (),
    "renorm_momentum": (),
    "synchronized": (),
}


def is_harmless(name: str, value: Any) -> bool:
    """Return whether a setting that fastmlp's class does not take can be left out."""
    allowed = _HARMLESS.get(name)
    return value is None or value is False or allowed == () or (allowed is not None and value in allowed)


def modern(cls: type, settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings of a class from either dialect as fastmlp's constructors take them."""
    new = dict(settings)
    names = {each.__name__ for each in cls.__mro__}
    for name in names & _RENAMED.keys():
        for now, before in _RENAMED[name].items():
            if before in new:
                new.setdefault(now, new.pop(before))
    if isinstance(new.get("dtype"), dict):
        policy = new["dtype"].get("config")
        new["dtype"] = policy.get("name") if isinstance(policy, dict) else policy
    shape = new.pop("batch_input_shape", None)
    if isinstance(shape, list | tuple):
        if "InputLayer" in names:
            new["batch_shape"] = shape
        elif None not in shape[1:]:  # of an Embedding, the number of categories may be open
            new["input_shape"] = shape[1:]
    if isinstance(new.get("axis"), list | tuple) and len(new["axis"]) == 1:
        new["axis"] = new["axis"][0]
    if new.get("reduction") == "auto":
        new["reduction"] = "sum_over_batch_size"
    return new


def former(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings of the class of that name as Keras 2 writes them."""
    renamed = _RENAMED.get(name, {})
    new = {renamed.get(key, key): value for key, value in settings.items() if key not in _NEW or value is not None}
    if "batch_shape" in new:
        new["batch_input_shape"] = new.pop("batch_shape")
    if name in ("BatchNormalization", "LayerNormalization") and isinstance(new.get("axis"), int):
        new["axis"] = [new["axis"]]
    return new
