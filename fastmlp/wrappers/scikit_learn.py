"""KerasRegressor and KerasClassifier: a function that builds a model, as an estimator of scikit-learn.

They take what those of Keras 2 took, and the prefixes with which scikeras says where a hyperparameter goes.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted

from fastmlp import losses
from fastmlp.models import Model
from fastmlp.utils import to_categorical
from fastmlp.wrappers._base import KerasWrapper
from fastmlp.wrappers._routing import Settings

Array = NDArray[Any]

__all__ = ["KerasClassifier", "KerasRegressor"]

_ONE_HOT = "multiclass-onehot"


class KerasRegressor(RegressorMixin, KerasWrapper):  # type: ignore[misc]  # scikit-learn has no types
    """A regressor of scikit-learn that builds a model and trains it.

    Parameters
    ----------
    build_fn : callable or Model
        Returns a compiled model; its arguments are hyperparameters. Arguments called `meta`, `compile_kwargs` and
        `params` are given what is known of the data (dict), what the model may be compiled with (dict), and all
        hyperparameters. A model that is not compiled is compiled with `optimizer`, `loss` and `metrics`. A Model is
        copied for each training.
    model : callable or Model
        Another name of `build_fn`.
    warm_start : bool
        Whether `fit` goes on with the model there is.
    random_state : int, RandomState or None
        Says the initial weights and the order of the rows.
    **sk_params
        Arguments of `build_fn`, and of a model's `compile`, `fit`, `predict` and `evaluate`. A name may say where it
        goes: `model__units`, `optimizer__learning_rate`, `loss__delta`, `metrics__0__name`, `compile__run_eagerly`,
        `fit__epochs`, `callbacks__patience` (with the class of the callback), `predict__batch_size`, `score__verbose`.

    Attributes
    ----------
    model_, model : Model
        The trained model.
    history_ : dict of list
        The loss and the metrics of each epoch of the last training.
    callbacks_ : list of Callback
        Of the last training, which had copies of those given.

    Raises
    ------
    ValueError
        If a hyperparameter is unknown; the message lists the known ones.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Self:  # noqa: N803
        """Build a model and train it.

        Parameters
        ----------
        X : array-like or CSR matrix, shape (samples, ...)
            Inputs.
        y : array-like, shape (samples,) or (samples, outputs)
            Targets.
        sample_weight : array-like, shape (samples,), optional
            Weights of the rows.
        **kwargs
            Arguments of the model's `fit`, stronger than those given to the constructor.
        """
        self._train(X, y, sample_weight, kwargs, anew=not (self.warm_start and self.__sklearn_is_fitted__()))
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Self:  # noqa: N803
        """Train for one epoch, or as many as `epochs` says here, going on with the model there is; see `fit`."""
        self._train(X, y, sample_weight, {"epochs": 1} | kwargs, anew=not self.__sklearn_is_fitted__())
        return self

    def predict(self, X: Any, **kwargs: Any) -> Array:  # noqa: N803
        """Return the predictions for some inputs.

        Parameters
        ----------
        X : array-like or CSR matrix, shape (samples, ...)
            Inputs.
        **kwargs
            Arguments of the model's `predict`.

        Returns
        -------
        numpy.ndarray, shape (samples,) or (samples, outputs)
            As the targets of `fit` were.
        """
        outputs = self._outputs(X, kwargs)
        return outputs.reshape(-1) if self.y_ndim_ == 1 and outputs.shape[1:] == (1,) else outputs

    def score(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> float:  # noqa: N803
        """Return the model's loss, negative so that more is better, as Keras 2 did.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        **kwargs
            Arguments of the model's `evaluate`.
        """
        check_is_fitted(self)
        X, y = self._read(X, y, reset=False)  # noqa: N806
        given = self._score_arguments(kwargs) | {"sample_weight": sample_weight, "return_dict": True}
        logs: Any = self.model_.evaluate(X, y, **given)
        return -float(logs["loss"])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # a loss, not R2
        return tags

    def _read_targets(self, y: Any, *, reset: bool) -> Array:
        targets: Array = np.asarray(y)
        if reset:
            self.target_type_ = type_of_target(targets)
        return targets.astype(np.float64) if targets.dtype == object else targets


class KerasClassifier(ClassifierMixin, KerasWrapper):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier of scikit-learn that builds a model and trains it.

    Targets are class labels of any type, one-hot rows, or rows of zeros and ones of which several may be one. The model
    has an output for each class, or for two classes a single one. Losses other than the sparse ones are given one-hot
    rows.

    Parameters
    ----------
    build_fn, model, warm_start, random_state, **sk_params
        As for KerasRegressor. `class_weight` maps labels, or indices into `classes_`, to weights, or is "balanced".

    Attributes
    ----------
    classes_ : numpy.ndarray, shape (classes,)
        The labels, sorted; the numbers of the columns if the targets were rows.
    n_classes_ : int
        How many these are.
    model_, model, history_, callbacks_
        As for KerasRegressor.

    Raises
    ------
    ValueError
        If a hyperparameter is unknown; the message lists the known ones.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Self:  # noqa: N803
        """Build a model and train it.

        Parameters
        ----------
        X : array-like or CSR matrix, shape (samples, ...)
            Inputs.
        y : array-like, shape (samples,) or (samples, classes)
            Labels, or rows of zeros and ones.
        sample_weight : array-like, shape (samples,), optional
            Weights of the rows.
        **kwargs
            Arguments of the model's `fit`, stronger than those given to the constructor.
        """
        anew = not (self.warm_start and self.__sklearn_is_fitted__())
        self._train(X, y, sample_weight, kwargs, anew=anew)
        return self

    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Train for one epoch, or as many as `epochs` says here, going on with the model there is.

        Parameters
        ----------
        X, y, sample_weight, **kwargs
            As for `fit`.
        classes : array-like, optional
            All labels, for the first call, if `y` does not hold each of them.
        """
        anew = not self.__sklearn_is_fitted__()
        self._train(X, y, sample_weight, {"epochs": 1} | kwargs, anew=anew, labels=classes)
        return self

    def predict(self, X: Any, **kwargs: Any) -> Array:  # noqa: N803
        """Return the most probable label of each sample, or rows of zeros and ones if several may be one.

        Parameters
        ----------
        X : array-like or CSR matrix, shape (samples, ...)
            Inputs.
        **kwargs
            Arguments of the model's `predict`.
        """
        probabilities = self.predict_proba(X, **kwargs)
        if self.target_type_ == "multilabel-indicator":
            return (probabilities > 0.5).astype(self.y_dtype_)
        labels: Array = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any, **kwargs: Any) -> Array:  # noqa: N803
        """Return the probability of each class.

        Parameters
        ----------
        X, **kwargs
            As for `predict`.

        Returns
        -------
        numpy.ndarray, shape (samples, classes)
            Two columns for a single sigmoid unit too.
        """
        outputs = self._outputs(X, kwargs)
        several = self.target_type_ == "multilabel-indicator"
        if getattr(self._loss(self.model_), "from_logits", False):
            outputs = expit(outputs) if several or outputs.shape[1] == 1 else softmax(outputs, axis=1)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 and not several else outputs

    def score(self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> float:  # noqa: N803
        """Return the accuracy: the share of samples whose label is right, or all of whose labels are.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        **kwargs
            Arguments of the model's `predict`.
        """
        predicted, y = self.predict(X, **self._score_arguments(kwargs)), np.asarray(y)
        if self.target_type_ == _ONE_HOT and y.ndim == 2:
            y = y.argmax(axis=1)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        tags.classifier_tags.multi_label = True
        tags.classifier_tags.poor_score = True  # what is learned is up to the build function
        return tags

    def _read_targets(self, y: Any, *, reset: bool, labels: Any = None) -> Array:
        """Return indices into `classes_`, shape (samples,), or the rows as they are."""
        check_classification_targets(y)
        targets: Array = np.asarray(y)
        if targets.ndim == 2 and targets.shape[1] == 1:
            targets = column_or_1d(targets, warn=True)
        if reset:
            self.classes_ = (
                np.arange(targets.shape[1]) if targets.ndim == 2 else np.unique(targets if labels is None else labels)
            )
            self.n_classes_ = len(self.classes_)
            if self.n_classes_ < 2:
                raise ValueError(f"A classifier needs two classes or more. Received one class: {self.classes_[0]}")
            one_hot = targets.ndim == 2 and bool(np.all(targets.sum(axis=1) == 1))
            two_or_more = "binary" if self.n_classes_ == 2 else "multiclass"
            self.target_type_ = two_or_more if targets.ndim == 1 else (_ONE_HOT if one_hot else "multilabel-indicator")
        if targets.ndim == 2:
            return targets
        known = np.isin(targets, self.classes_)
        if not known.all():
            raise ValueError(f"`y` must hold labels among {self.classes_}. Received also: {targets[~known][0]}")
        return np.searchsorted(self.classes_, targets)

    def _targets_for(self, model: Model, y: Array) -> Array:
        """Return indices for a sparse loss or a single unit, one-hot rows for the others."""
        loss = self._loss(model)
        sparse = isinstance(loss, losses.SparseCategoricalCrossentropy) or "sparse" in loss.name
        if y.ndim == 2:
            return y.argmax(axis=1) if sparse else y
        return y if sparse or model.outputs[0].shape[-1] == 1 else to_categorical(y, self.n_classes_)

    def _loss(self, model: Model) -> losses.Loss:
        units = model.outputs[0].sample_shape[-1]
        return losses.get_for(model.loss, units, labels=self.target_type_ in ("binary", "multiclass"))

    def _fit_arguments(self, model: Model, y: Array, given: Mapping[str, Any]) -> Settings:
        arguments = super()._fit_arguments(model, y, given)
        if arguments.get("class_weight") is not None:
            arguments["class_weight"] = self._class_weight(arguments["class_weight"], y)
        return arguments

    def _class_weight(self, given: Any, y: Array) -> dict[int, float]:
        """Return weights by index from weights by label, by index, or "balanced"."""
        if isinstance(given, str):
            indices = y if y.ndim == 1 else y.argmax(axis=1)
            present = np.unique(indices)
            return dict(zip(present.tolist(), compute_class_weight(given, classes=present, y=indices), strict=True))
        labels = self.classes_.tolist()
        if all(label in labels for label in given):
            return {labels.index(label): weight for label, weight in given.items()}
        return dict(given)
