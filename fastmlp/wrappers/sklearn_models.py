"""SKLearnClassifier, SKLearnRegressor and SKLearnTransformer: Keras 3's wrappers."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from fastmlp import random
from fastmlp.models import Model
from fastmlp.models.cloning import clone_model
from fastmlp.utils import to_categorical

Array = NDArray[Any]


class _Wrapper(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What the three share."""

    def __init__(
        self,
        model: Model | Callable[..., Any],
        warm_start: bool = False,
        model_kwargs: Mapping[str, Any] | None = None,
        fit_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def fit(self, X: Any, y: Any = None, **kwargs: Any) -> Self:  # noqa: N803
        """Train a model.

        Parameters
        ----------
        X : array-like, shape (samples, features)
            Inputs.
        y : array-like, shape (samples,) or (samples, outputs)
            Targets.
        **kwargs
            Arguments of the model's `fit`, stronger than `fit_kwargs`.
        """
        X, y = validate_data(self, X, y, multi_output=True)  # noqa: N806
        y = self._read_targets(y)
        with random.own_generator(random.draw_seed()):
            model = self._model_for(X, y)
            if model.optimizer is None or model.loss is None:
                raise RuntimeError("The model must be compiled with a loss and an optimizer.")
            self.history_ = model.fit(X, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _read_targets(self, y: Any) -> Array:
        """Return targets with a column for each output."""
        if type_of_target(y) == "unknown":
            raise ValueError(f"Unknown label type: `y` must be numbers. Received: {y!r}")
        self._rank = y.ndim
        targets: Array = y.reshape(len(y), -1)
        return targets

    def _model_for(self, X: Array, y: Array) -> Model:  # noqa: N803
        if self.warm_start and "model_" in vars(self):
            return self.model_
        if not isinstance(self.model, Model):
            model: Model = self.model(X=X, y=y, **(self.model_kwargs or {}))
            return model
        return self.model if self.warm_start else _compiled_clone(self.model)

    def _outputs(self, X: Any) -> Array:  # noqa: N803
        check_is_fitted(self, "model_")
        outputs: Array = self.model_.predict(validate_data(self, X, reset=False))
        return outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags


class SKLearnRegressor(RegressorMixin, _Wrapper):  # type: ignore[misc]
    """A model as a regressor of scikit-learn, scored by R2.

    Parameters
    ----------
    model : Model or callable
        A compiled model, which is cloned without its weights for each training; or a function of `X`, `y` and
        `model_kwargs` that returns one.
    warm_start : bool
        Whether `fit` goes on with the model there is, or trains the given one itself.
    model_kwargs : dict, optional
        Arguments for the function.
    fit_kwargs : dict, optional
        Arguments for the model's `fit`.

    Attributes
    ----------
    model_ : Model
        The trained model.
    history_ : History
        Of the last training.
    """

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the predictions for inputs of shape (samples, features), of the shape that the targets had."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._rank == 1 and outputs.shape[1] == 1 else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        return tags


class SKLearnClassifier(ClassifierMixin, _Wrapper):  # type: ignore[misc]
    """A model with a unit for each class as a classifier of scikit-learn: it is given one-hot rows.

    Parameters
    ----------
    model, warm_start, model_kwargs, fit_kwargs
        As for `SKLearnRegressor`.

    Attributes
    ----------
    model_, history_
        As of `SKLearnRegressor`.
    classes_ : numpy.ndarray, shape (classes,)
        The labels, sorted.
    """

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the label of the largest output for inputs of shape (samples, features)."""
        outputs = self._outputs(X)
        labels: Array = self.classes_[outputs.argmax(axis=1)]
        return labels

    def decision_function(self, X: Any) -> Array:  # noqa: N803
        """Return the outputs of the model for inputs of shape (samples, features)."""
        return self._outputs(X)

    def _read_targets(self, y: Any) -> Array:
        check_classification_targets(y)
        self.classes_, indices = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(self.classes_) == 1:
            raise ValueError(f"A classifier needs two classes or more. Received one class: {self.classes_[0]}")
        return to_categorical(indices, len(self.classes_))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags


class SKLearnTransformer(TransformerMixin, _Wrapper):  # type: ignore[misc]
    """A model as a transformer of scikit-learn: of inputs to outputs.

    Parameters
    ----------
    model, warm_start, model_kwargs, fit_kwargs
        As for `SKLearnRegressor`.

    Attributes
    ----------
    model_, history_
        As of `SKLearnRegressor`.
    """

    def transform(self, X: Any) -> Array:  # noqa: N803
        """Return the outputs of the model for inputs of shape (samples, features)."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags


def _compiled_clone(model: Model) -> Model:
    """Return a model like another one, newly initialised and compiled as that is."""
    clone: Model = clone_model(model)
    if model.optimizer is not None:
        optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
        clone.compile(optimizer, **(model.compile_arguments or {}))
    return clone
