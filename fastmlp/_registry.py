"""Names to classes, and objects to configs: what every noun with get, serialize and deserialize shares.

A config is a dict of what JSON knows, in Keras 3's form:

    {"module": "keras.initializers", "class_name": "HeNormal", "config": {"seed": 3}, "registered_name": None}

It names classes, it never brings them: they are looked for among the caller's custom objects and in fastmlp's tables.
What a config says about modules is never imported; it only tells Keras' classes from others of the same name.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar, cast

import numpy as np

from fastmlp import _keras2
from fastmlp._custom_objects import CustomObjectScope, get_registered_name, get_registered_object, is_registered
from fastmlp._names import snake_case

_KERAS = ("keras", "tf_keras", "tensorflow", "fastmlp", "builtins")
_CODE = {"__lambda__", "__typespec__", "Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"}
_OF_YOUR_OWN = " One of your own is found in `custom_objects`, or if `register_keras_serializable` has registered it."


class Configured:
    """An object whose settings are its constructor's arguments, each kept in the attribute of that name."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make an object from what `get_config` returned."""
        return cls(**fitting(cls, config))


class HasConfig(Protocol):
    """An object that can say how to make another one like it."""

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        ...


T = TypeVar("T", bound=HasConfig)
F = TypeVar("F", bound=Callable[..., Any])


def unknown_name(noun: str, name: object, known: Iterable[str], hint: str = "") -> ValueError:
    """Return the error for a name that is not in a table; it lists those that are, and ends with a hint."""
    return ValueError(f"Unknown {noun}: {shortened(name)}. Known are: {', '.join(sorted(known))}.{hint}")


class Registry(Generic[T]):
    """The classes of one noun, found by class name, snake_case name or alias, after the caller's custom objects.

    Parameters
    ----------
    noun : str
        What the classes are, for messages: "initializer".
    module : str, optional
        Where Keras has them: "keras.initializers" by default.
    """

    def __init__(self, noun: str, module: str | None = None) -> None:
        self.noun = noun
        self.module = module or f"keras.{noun}{'es' if noun.endswith('s') else 's'}"
        self._classes: dict[str, type[T]] = {}
        self.keras_names: dict[type, str] = {}
        self._listed: dict[str, None] = {}
        _registries[self.noun] = self

    def add(self, *aliases: str, keras: str | None = None) -> Callable[[type[T]], type[T]]:
        """Return a class decorator that enters the class under its own name, in snake_case, and under `aliases`.

        `keras` is where Keras has the class if it is elsewhere than the others, such as "keras.Sequential".
        """

        def enter(cls: type[T]) -> type[T]:
            snake = snake_case(cls.__name__)
            for name in (cls.__name__, snake, *aliases):
                self._classes[name] = cls
            self.keras_names[cls] = keras or f"{self.module}.{cls.__name__}"
            lower = [name for name in aliases if name == name.lower()]
            if snake.replace("_", "") not in lower:
                lower.append(snake)
            self._listed.update(dict.fromkeys(lower))
            return cls

        return enter

    @property
    def names(self) -> frozenset[str]:
        """All names of classes, aliases too."""
        return frozenset(self._classes)

    def __contains__(self, item: object) -> bool:
        return item in self._classes if isinstance(item, str) else item in self._classes.values()

    def find(self, name: str) -> type[T]:
        """Return the class of that name, or raise a ValueError that lists the known names."""
        try:
            return self._classes[name]
        except KeyError:
            raise unknown_name(self.noun, name, self._listed, _OF_YOUR_OWN) from None

    def get(self, identifier: object) -> T:
        """Return an object: made from a name, a class or a config, or `identifier` itself if it is one already.

        A name or config of the user's may also stand for a function, which is then returned as it is.
        """
        if isinstance(identifier, str):
            return cast(T, _instance(get_registered_object(identifier) or self.find(identifier)))
        if isinstance(identifier, dict):
            return self.deserialize(identifier)
        if isinstance(identifier, type) and (identifier in self or hasattr(identifier, "from_config")):
            return cast(T, identifier())
        if type(identifier) in self or callable(identifier):
            return cast(T, identifier)
        raise ValueError(
            f"Expected the name of a known {self.noun}, a config, or an object of that kind. Received: {identifier!r}"
        )

    def serialize(self, instance: T) -> dict[str, Any]:
        """Return the config from which `deserialize` makes an equal object."""
        return cast(dict[str, Any], serialize_keras_object(instance))

    def deserialize(self, config: dict[str, Any] | str, custom_objects: Mapping[str, Any] | None = None) -> T:
        """Make an object from what `serialize` returned, or from what Keras 2 or 3 did.

        Parameters
        ----------
        config : dict
            With "class_name" and "config".
        custom_objects : dict, optional
            Classes and functions by name that fastmlp does not know.

        Raises
        ------
        ValueError
            If the name is unknown, or a setting is impossible or unknown.
        """
        with CustomObjectScope(custom_objects):
            if isinstance(config, str):
                return self.get(config)
            name, settings = class_and_settings(config, self.noun)
            if name == "function":
                return self.get(settings)
            cls = custom_class(config)
            if cls is None:
                if not of_keras(config) or name.split(">")[-1] not in self:
                    raise unknown_class(self.noun, config, self._listed)
                cls = self.find(name.split(">")[-1])
            return cast(T, self.make(cls, settings))

    def make(self, cls: Any, settings: dict[str, Any]) -> Any:
        """Make an object of a class from its settings, in whichever dialect they are."""
        return cls.from_config(_keras2.modern(cls, settings))


class Functions:
    """The functions of one noun, found by name or alias, after the caller's custom objects.

    Parameters
    ----------
    noun : str
        What the functions are, for messages: "activation".
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._functions: dict[str, Callable[..., Any]] = {}
        _functions.append(self)

    def add(self, *aliases: str) -> Callable[[F], F]:
        """Return a function decorator that enters the function under its own name and under `aliases`."""

        def enter(function: F) -> F:
            self._functions.update(dict.fromkeys((function.__name__, *aliases), function))
            return function

        return enter

    @property
    def names(self) -> frozenset[str]:
        """All names of functions, aliases too."""
        return frozenset(self._functions)

    def __contains__(self, item: object) -> bool:
        return item in self._functions if isinstance(item, str) else item in self._functions.values()

    def find(self, name: str) -> Callable[..., Any]:
        """Return the function of that name, or raise a ValueError that lists the known names."""
        found = get_registered_object(name) or self._functions.get(name)
        if found is None:
            raise unknown_name(self.noun, name, self._functions, _OF_YOUR_OWN)
        return cast(Callable[..., Any], _instance(found))

    def serialize(self, function: Any) -> Any:
        """Return the name of a function of the table, the config of another one or of an object."""
        return function.__name__ if function in self else serialize_keras_object(function)

    def deserialize(self, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
        """Return the function or object that `serialize` was given."""
        with CustomObjectScope(custom_objects):
            if isinstance(config, str):
                return self.find(config)
            name, settings = class_and_settings(config, self.noun)
            return self.find(settings) if name == "function" else deserialize_keras_object(config)


_registries: dict[str, Registry[Any]] = {}
_functions: list[Functions] = []


def _instance(found: Any) -> Any:
    return found() if isinstance(found, type) else found


# Configs of strangers


def class_and_settings(config: Any, noun: str) -> tuple[str, Any]:
    """Return the class name and the settings that a config consists of, unless they are code.

    Raises
    ------
    ValueError
        If the config has not the form of one, or brings code.
    """
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ValueError(f"A serialized {noun} must be a dict with a 'class_name'. Received: {shortened(config)}")
    name, settings = config["class_name"], config.get("config", {})
    if name in _CODE and not (isinstance(settings, dict) and callable(settings.get("function"))):
        raise ValueError(f"A config cannot bring code, which could do anything. Received: class_name={name!r}")
    if not isinstance(settings, str if name == "function" else dict):
        raise ValueError(f"The 'config' of {noun} {name!r} must be a dict. Received: {shortened(settings)}")
    return name, settings


def custom_class(config: Mapping[str, Any]) -> Any:
    """Return what the user has registered under the names of a config, or None."""
    for key in ("registered_name", "class_name"):
        name = config.get(key)
        if isinstance(name, str):
            found = get_registered_object(name) or get_registered_object(name.split(">")[-1])
            if found is not None:
                return found
    return None


def of_keras(config: Mapping[str, Any]) -> bool:
    """Return whether a config means a class of Keras', as far as it says."""
    module, package = config.get("module"), config["class_name"].split(">")[0]
    parts = module.split(".") if isinstance(module, str) else ["keras"]
    return (
        parts[0] in _KERAS
        and "ops" not in parts  # Keras 3 has operations that are called as layers are, such as Add
        and config.get("registered_name") in (None, config["class_name"])
        and package in (config["class_name"], "Custom")
    )


def unknown_class(noun: str, config: Mapping[str, Any], known: Iterable[str] = ()) -> ValueError:
    """Return the error for a class that neither fastmlp nor the caller knows; it lists those that fastmlp does."""
    name, settings = config.get("registered_name") or config["class_name"], config.get("config")
    called = f", called {shortened(settings.get('name'))}" if isinstance(settings, dict) and "name" in settings else ""
    listed = f" Known are: {', '.join(sorted(known))}." if known else ""
    return ValueError(
        f"Unknown {noun}: {shortened(name)}{called}. Pass it in `custom_objects` or register it with "
        f"`register_keras_serializable`.{listed}"
    )


def fitting(cls: type, settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings without those that the class does not take where they ask for nothing.

    Raises
    ------
    ValueError
        If one asks for something.
    """
    known = constructor_arguments(*cls.__mro__[:-1])
    asking = [name for name, value in settings.items() if name not in known and not _keras2.is_harmless(name, value)]
    if asking:
        wrong = ", ".join(f"{name}={shortened(settings[name])}" for name in asking)
        raise ValueError(f"{cls.__name__} expects settings among {', '.join(known)}. Received: {wrong}")
    return {name: value for name, value in settings.items() if name in known}


def constructor_arguments(*classes: type) -> list[str]:
    """Return the names of a constructor's arguments, those that it passes on with `**kwargs` to the next class too."""
    names: dict[str, None] = {}
    for cls in classes:
        if "__init__" in vars(cls):
            parameters = [*inspect.signature(vars(cls)["__init__"]).parameters.values()][1:]
            names.update(dict.fromkeys(p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)))
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return list(names)


def shortened(value: Any) -> str:
    """Return the repr of what a stranger sent, at most 80 characters of it."""
    text = repr(value) if isinstance(value, str | int | float | None) else f"{type(value).__name__} {value!r:.200}"
    return text if len(text) <= 80 else f"{text[:77]}..."


# Any object


def serialize_keras_object(obj: Any) -> Any:
    """Return what JSON knows for a value, an object, a function, or a list, tuple or dict of them.

    Parameters
    ----------
    obj : object
        Objects must have a `get_config`, functions a name.

    Raises
    ------
    ValueError
        If there is no config for it.
    """
    if obj is None or isinstance(obj, str | bool | int | float):
        return obj
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, np.dtype):
        return obj.name
    if isinstance(obj, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": obj.tolist(), "dtype": obj.dtype.name}}
    if isinstance(obj, list | tuple):
        return [serialize_keras_object(each) for each in obj]
    if isinstance(obj, Mapping):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, type) or not hasattr(obj, "get_config"):
        return _serialized_function(obj)
    cls = type(obj)
    names = [registry.keras_names[cls] for registry in _registries.values() if cls in registry]
    module, _, name = (names or [f"{cls.__module__}.{cls.__name__}"])[0].rpartition(".")
    return {
        "module": module,
        "class_name": name,
        "config": serialize_keras_object(obj.get_config()),
        "registered_name": None if names else get_registered_name(cls),
    }


def is_known(obj: Any) -> bool:
    """Return whether a config of an object can be read without custom objects."""
    cls = type(obj)
    return is_registered(cls) or any(cls in each for each in _registries.values())


def _serialized_function(function: Any) -> dict[str, Any]:
    name = get_registered_name(function) if inspect.isfunction(function) else "<lambda>"
    if "<lambda>" in name:
        raise ValueError(
            f"A config can hold named functions and objects that have a `get_config`. Received: {function!r}"
        )
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}


def deserialize_keras_object(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return what `serialize_keras_object` was given.

    Parameters
    ----------
    config : dict, list or value
        Dicts without a "class_name", and lists, are looked through.
    custom_objects : dict, optional
        Classes and functions by name that fastmlp does not know.

    Raises
    ------
    ValueError
        If a name is unknown, or something cannot be.
    """
    with CustomObjectScope(custom_objects):
        if isinstance(config, list | tuple):
            return [deserialize_keras_object(each) for each in config]
        if not isinstance(config, dict):
            return config
        if "class_name" not in config:
            return {key: deserialize_keras_object(value) for key, value in config.items()}
        name, settings = class_and_settings(config, "object")
        if name in ("__numpy__", "__tensor__"):
            return _array(settings)
        if name == "DTypePolicy":
            return settings.get("name")
        if name == "function":
            table = next((each for each in _functions if settings in each), _functions[0])
            return table.find(settings)
        return _registry_of(config, name).deserialize(config)


def _array(settings: Mapping[str, Any]) -> Any:
    """Return an array of numbers."""
    dtype = settings.get("dtype")
    if not isinstance(dtype, str) or re.fullmatch(r"bool|float(16|32|64)|u?int(8|16|32|64)", dtype) is None:
        raise ValueError(f"An array in a config must have a dtype of numbers. Received: dtype={shortened(dtype)}")
    return np.asarray(settings.get("value"), dtype)


def _registry_of(config: Mapping[str, Any], name: str) -> Registry[Any]:
    """Return the registry that makes the object of a config: by what it says of the module, else by the class."""
    parts = str(config.get("module", "")).split(".")
    hinted = [each for each in _registries.values() if each.module.split(".")[-1] in parts]
    holding = [each for each in _registries.values() if name.split(">")[-1] in each]
    if not hinted and not holding and custom_class(config) is None:
        raise unknown_class("object", config)
    return [*hinted, *holding, *_registries.values()][0]
