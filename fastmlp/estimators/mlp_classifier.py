"""MLPClassifier."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from fastmlp.estimators._class_weights import refuse_balanced, weighted_by_class
from fastmlp.estimators._mlp import BaseMLP
from fastmlp.estimators._objectives import Objective, classification
from fastmlp.estimators._parameters import CLASSIFIER, keep_parameters
from fastmlp.estimators._scikit_learn import fit_context, is_first_partial_fit
from fastmlp.models._data.samples import Samples

Array = NDArray[Any]


def _is_stochastic(estimator: "MLPClassifier") -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError(
            f"partial_fit is only available for stochastic optimizers. {estimator.solver} is not stochastic."
        )
    return True


class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multilayer perceptron that learns classes, drop-in for scikit-learn's of the same name.

    With the same `random_state` it gives the same numbers, but for the rounding of sums.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int
        Units of each hidden layer.
    activation : {"identity", "logistic", "tanh", "relu"}, str, callable or list
        Of the hidden layers: scikit-learn's, or any of `fastmlp.activations` by its name, a function of a tensor, a
        layer such as `fastmlp.layers.LeakyReLU(0.1)` or `PReLU()`; or a list of these, one for each hidden layer.
        Layers are copied; their weights are drawn by their own initializers, trained without `alpha`, and shown by
        `get_weights` and `to_keras`. Those that keep numbers beside, such as means of batches, are refused.
    solver : {"lbfgs", "sgd", "adam"}, str or Optimizer
        SciPy's L-BFGS-B on all rows at once, or steps on batches of rows. Besides scikit-learn's, any of
        `fastmlp.optimizers`: by its name, then with `learning_rate_init` and else its own defaults; or as an object,
        which is copied for each fit and never changed.
    alpha : float
        L2 penalty: alpha/2 times the sum of the squared weights, without biases, is added to the sum of the losses of a
        batch.
    batch_size : int or "auto"
        Rows of a step; "auto" is 200, or all where there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"} or callable
        Of "sgd": as it was; falling as 1 / (rows seen)^power_t from epoch to epoch; divided by 5 whenever nothing has
        improved for `n_iter_no_change` epochs. Of all solvers with batches: one of `fastmlp.optimizers.schedules`, or
        another function of the step that returns its rate.
    learning_rate_init : float
        The first learning rate, but for an Optimizer or a schedule, which have their own.
    power_t : float
        Exponent of "invscaling".
    max_iter : int
        Epochs at most; of "lbfgs", iterations.
    shuffle : bool
        Whether each epoch takes the rows in a new order.
    random_state : int, numpy.random.RandomState or None
        Draws first weights, rows held out, and the order of rows.
    tol : float
        What counts as an improvement of loss or score; of "lbfgs", the largest element of the gradient to stop at.
    verbose : bool or int
        Whether to print the loss of each epoch.
    warm_start : bool
        Whether `fit` goes on from the weights of the last call.
    momentum : float
        Of "sgd", in [0, 1].
    nesterovs_momentum : bool
        Whether momentum is Nesterov's.
    early_stopping : bool
        Whether to judge by the score on rows held out, and to end with the best weights.
    validation_fraction : float
        Share of the rows held out by `early_stopping`.
    beta_1, beta_2, epsilon : float
        Constants of "adam".
    n_iter_no_change : int or inf
        Epochs without improvement before training stops.
    max_fun : int
        Calls of the loss at most, of "lbfgs".
    class_weight : dict, list of dict, "balanced" or None
        Weights of the classes by label, which multiply `sample_weight`; 1 for those left out. "balanced": inversely to
        their frequencies. For several labels a list, one dict for each. Rows of `eval_set` have their own weights only.
    dropout : float or array-like of float
        Share of each hidden layer's outputs that every step leaves out, scaling up the others; 0 by default. An array
        has one for each hidden layer. `loss_` is with dropout.
    callbacks : list of fastmlp.callbacks.Callback or None
        Told of epochs and batches of `fit` and `partial_fit`, whose epochs are numbered on from those before, and of
        validations. Their `model` is the network as a Sequential with the same weights, `model.estimator` is this
        estimator, and `model.stop_training` ends the call. Logs have "loss" and, where they are computed, "val_loss"
        and "score". Files that a callback saves hold the network. BackupAndRestore is refused, and so is with a solver
        what it has no use for: LearningRateScheduler and ReduceLROnPlateau with "lbfgs", SwapEMAWeights but with an
        optimizer that has `use_ema=True`. scikit-learn's own callbacks are set with `set_callbacks`.
    scoring : str, callable or None
        What scikit-learn calls a scorer, in place of `score`, for rows held out by `early_stopping` or for `eval_set`;
        without either there is nothing to score.
    restore_best : bool
        Whether to end with the weights of the best epoch, as `early_stopping` always does: best by the score of
        `early_stopping` or `scoring`, else by the loss of `eval_set`, else by the loss in training.
    n_threads : int or None
        The most threads of this estimator; by default all that `fastmlp.config` allows. They never change a number.

    Attributes
    ----------
    classes_ : numpy.ndarray, shape (n_classes,)
        The labels.
    coefs_ : list of numpy.ndarray
        Weights of each layer, shape (inputs, units). They are the ones that predictions use.
    intercepts_ : list of numpy.ndarray
        Biases of each layer, shape (units,).
    loss_ : float
        Loss of the last epoch, a mean over the rows.
    loss_curve_ : list of float
        Losses of all epochs; with "lbfgs", of all iterations, and only where `fit` has an `eval_set`, callbacks or
        `restore_best`.
    best_loss_ : float or None
        The lowest of these; None with `early_stopping`.
    validation_scores_ : list of float or None
        Accuracies, or what `scoring` says, on the rows held out by `early_stopping` or on those of `eval_set`; one
        an epoch, or an iteration of "lbfgs". None without `early_stopping` and `scoring`.
    best_validation_score_ : float or None
        The highest of these.
    validation_loss_curve_ : list of float or None
        Losses on `eval_set`, without penalty and dropout.
    best_validation_loss_ : float or None
        The lowest of these.
    n_iter_ : int
        Epochs of the last call; of "lbfgs", iterations.
    t_ : int
        Rows seen in training, each as often as it was seen.
    n_layers_, n_outputs_ : int
        Numbers of layers, counting the input, and of outputs.
    out_activation_ : str
        "softmax", or "logistic" for two classes or several labels.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : numpy.ndarray
        Their names, where X had some.

    References
    ----------
    scikit-learn 1.9, `sklearn.neural_network.MLPClassifier`: parameters, semantics and messages.
    X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, AISTATS 2010.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CLASSIFIER

    loss: ClassVar[str] = "log_loss"  # as a regressor's parameter
    class_weight: Any

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | float = 10,
        max_fun: int = 15000,
        class_weight: Any = None,
        dropout: Any = 0.0,
        callbacks: Any = None,
        scoring: Any = None,
        restore_best: bool = False,
        n_threads: int | None = None,
    ) -> None:
        keep_parameters(self, locals())

    @available_if(_is_stochastic)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Go once through some rows; the weights, the optimizer and the learning rate stay from call to call.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like, shape (n_classes,), optional
            All labels that will ever come, in `y` of this call or not; needed in the first call.

        Returns
        -------
        self
        """
        refuse_balanced(self.class_weight)
        if is_first_partial_fit(self, classes):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        return X, column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y

    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = self._validated(X, y, reset=reset)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(y)
        return X, y

    def _check_classes(self, y: Array) -> None:
        """Raise if labels do not go with those of earlier calls."""
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {classes}"
                )
        else:
            self._known(y)

    def _known(self, labels: Array) -> Array:
        classes = unique_labels(labels)
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )
        return labels

    def _weighted_by_class(self, sample_weight: Array | None, labels: Array, dtype: Any) -> Array | None:
        return weighted_by_class(sample_weight, self.class_weight, labels, dtype)

    def _targets(self, labels: Array) -> Array:
        """Return the number of each row's class, shape (n, 1), or bits, shape (n, labels)."""
        if self._is_multiclass() and labels.ndim == 1:
            return np.searchsorted(self.classes_, labels).astype(np.int32)[:, np.newaxis]
        bits: Array = self._label_binarizer.transform(labels)
        return np.not_equal(bits, 0, order="C").view(np.uint8)

    def _is_multiclass(self) -> bool:
        return bool(self._label_binarizer.y_type_ == "multiclass")

    def _outputs_of(self, targets: Array) -> int:
        return len(self.classes_) if self._is_multiclass() else targets.shape[1]

    def _output_activation(self) -> str:
        return "softmax" if self._is_multiclass() else "logistic"

    def _objective(self, dtype: str | None = None) -> Objective:
        return classification(self.out_activation_, self.n_outputs_, dtype or self._trained_network().dtype)

    def _stratifies(self) -> bool:
        return self.n_outputs_ == 1

    def _validation_score(self, held_out: Samples) -> float:
        """Return the accuracy, of whole rows where there are several labels."""
        outputs = self._outputs(held_out.inputs[0], check_input=False)
        if self._is_multiclass():
            predicted = outputs.argmax(axis=1)[:, np.newaxis]
        else:
            predicted = (outputs > 0.5) & (len(self.classes_) > 1)  # an only class is always predicted; its bits are 0
        right = (predicted == held_out.targets[0]).all(axis=1)
        return float(np.average(right, weights=held_out.weights[0] if held_out.weights else None))

    # Predictions

    def predict(self, X: Any) -> Array:
        """Return the most probable class of each row.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        numpy.ndarray, shape (n_samples,), or (n_samples, n_labels) of 0 and 1 for several labels
        """
        check_is_fitted(self)
        outputs = self._outputs(X)
        if self._is_multiclass():
            return self.classes_[outputs.argmax(axis=1)]
        if self.n_outputs_ == 1 and len(self.classes_) == 2:
            return self.classes_[(outputs[:, 0] > 0.5).astype(np.intp)]
        return self._label_binarizer.inverse_transform(outputs.ravel() if self.n_outputs_ == 1 else outputs)

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        numpy.ndarray, shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        check_is_fitted(self)
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of `predict_proba`."""
        probabilities = self.predict_proba(X)
        return np.log(probabilities, out=probabilities)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
