"""What the wrappers share: hyperparameters, and one training."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from fastmlp import callbacks, random
from fastmlp.models import Model
from fastmlp.wrappers._building import EXTRAS, build_model
from fastmlp.wrappers._routing import FIT, PREDICT, SCORE, Settings, arguments_of, check_names, chosen, made, routed

Array = NDArray[Any]

# What the constructor names, and what a build function's `meta` holds, under scikeras' names.
_OWN = ("build_fn", "model", "warm_start", "random_state")
_META = (
    "n_features_in_", "n_outputs_", "n_outputs_expected_", "X_shape_", "X_dtype_", "y_ndim_", "y_dtype_",
    "target_type_", "classes_", "n_classes_",
)  # fmt: skip


class KerasWrapper(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn has no types
    """The part of KerasRegressor and KerasClassifier that does not depend on the targets."""

    def __init__(
        self,
        build_fn: Callable[..., Any] | Model | None = None,
        *,
        model: Callable[..., Any] | Model | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        **sk_params: Any,
    ) -> None:
        self.build_fn = build_fn
        self._given_model = model
        self.warm_start = warm_start
        self.random_state = random_state
        self._sk_params = sk_params
        self._check_names(sk_params)

    @property
    def model(self) -> Any:
        """The trained model; before `fit`, what was given as `model`."""
        return vars(self).get("model_", self._given_model)

    # Hyperparameters

    def _build(self) -> Any:
        """Return the build function, or the model that stands for it; the object itself if its class has a __call__."""
        given = [each for each in (self.build_fn, self._given_model) if each is not None]
        return given[0] if given else (self if callable(self) else None)

    def _check_names(self, names: Iterable[str]) -> None:
        """Raise a ValueError for a hyperparameter that leads nowhere, if it is known what is built."""
        build = self._build()
        if callable(build):  # `fit` says it if not
            check_names(names, _no_arguments if isinstance(build, Model) else build)

    def get_params(self, deep: bool = True) -> Settings:
        """Return the hyperparameters.

        Parameters
        ----------
        deep : bool
            Whether the arguments of the build function that keep their defaults belong to them.
        """
        own = {name: getattr(self, name) for name in _OWN} | {"model": self._given_model}
        return {**(self._defaults() if deep else {}), **own, **self._sk_params}

    def _defaults(self) -> Settings:
        """Return the arguments of the build function that have a default."""
        build = self._build()
        if not callable(build) or isinstance(build, Model):
            return {}
        arguments = arguments_of(build).items()
        return {name: value for name, value in arguments if value is not inspect.Parameter.empty and name not in EXTRAS}

    def set_params(self, **params: Any) -> Self:
        """Set hyperparameters.

        Parameters
        ----------
        **params
            What the constructor takes.

        Raises
        ------
        ValueError
            If a name leads nowhere; the message lists the known ones.
        """
        before, own = dict(self.__dict__), params.keys() & {*_OWN}
        for name in own:
            setattr(self, "_given_model" if name == "model" else name, params[name])
        others = {name: value for name, value in params.items() if name not in own}
        self._sk_params = self._sk_params | others
        try:
            self._check_names(others)
        except ValueError:
            self.__dict__.update(before)
            raise
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return "model_" in vars(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.non_deterministic = self.random_state is None
        return tags

    # Targets, as regressors and classifiers differ

    @abstractmethod
    def _read_targets(self, y: Any, *, reset: bool) -> Array:
        """Return targets as an array; `reset` where the estimator is to remember what they are like."""

    def _targets_for(self, model: Model, y: Array) -> Array:
        """Return targets as a model's loss wants them."""
        return y

    def _meta(self) -> Settings:
        """Return what a build function may want to know of the data."""
        return {name: value for name, value in vars(self).items() if name in _META}

    # One training

    def _read(self, X: Any, y: Any = None, *, reset: bool, targets: bool = True) -> Any:  # noqa: N803
        checks: Settings = {"reset": reset, "accept_sparse": "csr", "allow_nd": True}
        return validate_data(self, X, y, multi_output=True, **checks) if targets else validate_data(self, X, **checks)

    def _train(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any,
        given: Mapping[str, Any],
        *,
        anew: bool,
        **reading: Any,
    ) -> None:
        """Train a new model, or the one there is, with what `fit` is given."""
        build = self._build()
        if self.build_fn is not None and self._given_model is not None:
            raise ValueError("Expected either `build_fn` or `model`, which mean the same. Received: both")
        if not callable(build):
            raise ValueError(f"`build_fn` must be a function that returns a model, or a model. Received: {build!r}")
        X, y = self._read(X, y, reset=anew)  # noqa: N806
        y = self._read_targets(y, reset=anew, **reading)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        if anew:
            self._random = check_random_state(self.random_state)
            self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
            self.n_outputs_expected_ = 1  # a model's outputs, not its units
            self.X_shape_, self.X_dtype_, self.y_ndim_, self.y_dtype_ = X.shape, X.dtype, y.ndim, y.dtype
        seed = random.draw_seed() if self.random_state is None else int(self._random.randint(2**31 - 1))
        with random.own_generator(seed):
            if anew:
                model = build_model(build, self._sk_params, self._meta())
                if not model.built:
                    model.build_for(X)
                if len(model.inputs) != 1 or len(model.outputs) != 1:
                    raise ValueError(
                        "An estimator of scikit-learn has one array of inputs and one of targets. Received: a model "
                        f"with {len(model.inputs)} inputs and {len(model.outputs)} outputs"
                    )
            else:
                model = self.model_
            arguments = self._fit_arguments(model, y, given)
            if sample_weight is not None:
                arguments["sample_weight"] = sample_weight
            history = model.fit(X, self._targets_for(model, y), **arguments)
        self.model_: Model = model
        self.history_: dict[str, list[float]] = history.history

    def _fit_arguments(self, model: Model, y: Array, given: Mapping[str, Any]) -> Settings:
        """Return the arguments for a model's `fit`, with callbacks of its own."""
        arguments = chosen(self._sk_params, FIT, "fit") | dict(given)
        self.callbacks_ = _own_callbacks(arguments.get("callbacks"), routed(self._sk_params, "callbacks"))
        arguments["callbacks"] = self.callbacks_
        validation = arguments.get("validation_data")
        if isinstance(validation, list | tuple) and len(validation) in (2, 3):
            y = self._targets_for(model, self._read_targets(np.asarray(validation[1]), reset=False))
            arguments["validation_data"] = (validation[0], y, *validation[2:])
        return arguments

    def _outputs(self, X: Any, given: Mapping[str, Any]) -> Array:  # noqa: N803
        """Return the model's outputs."""
        check_is_fitted(self)
        X = self._read(X, reset=False, targets=False)  # noqa: N806
        outputs: Array = self.model_.predict(X, **(chosen(self._sk_params, PREDICT, "predict") | dict(given)))
        return outputs

    def _score_arguments(self, given: Mapping[str, Any]) -> Settings:
        return {"verbose": 0, **chosen(self._sk_params, SCORE, "score"), **given}


def _no_arguments() -> None:
    """Stand for a build function that has no hyperparameters."""


def _own_callbacks(given: Any, settings: Settings) -> list[callbacks.Callback]:
    """Return callbacks of one training's own, from objects or classes: one, or a list or a dict of them."""
    if given is None:
        return []
    own = made(given if isinstance(given, list | tuple | Mapping) else [given], settings, _refuse_settings)
    return list(own.values()) if isinstance(own, Mapping) else own


def _refuse_settings(callback: Any) -> Any:
    raise ValueError(f"Settings of a callback, `callbacks__...`, need its class. Received an object: {callback!r}")
