"""MLPClassifier."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted, validate_data

from fastmlp.estimators._mlp import STOCHASTIC_SOLVERS, BaseMLP
from fastmlp.estimators._scikit_learn import fit_context, is_first_partial_fit
from fastmlp.models._samples import Samples

Array = NDArray[Any]


def _is_stochastic(estimator: "MLPClassifier") -> bool:
    if estimator.solver not in STOCHASTIC_SOLVERS:
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
    activation : {"identity", "logistic", "tanh", "relu"}
        Of the hidden layers.
    solver : {"lbfgs", "sgd", "adam"}
        SciPy's L-BFGS-B on all rows at once, or steps on batches of rows.
    alpha : float
        L2 penalty: alpha/2 times the sum of the squared weights, without biases, is added to the sum of the losses of a
        batch.
    batch_size : int or "auto"
        Rows of a step; "auto" is 200, or all where there are fewer.
    learning_rate : {"constant", "invscaling", "adaptive"}
        Of "sgd": as it was; falling as 1 / (rows seen)^power_t from epoch to epoch; divided by 5 whenever nothing has
        improved for `n_iter_no_change` epochs.
    learning_rate_init : float
        The first learning rate of "sgd" and "adam".
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
        Losses of all epochs; not with "lbfgs".
    best_loss_ : float or None
        The lowest of these; None with `early_stopping`.
    validation_scores_ : list of float or None
        Accuracies on the rows held out, with `early_stopping`.
    best_validation_score_ : float or None
        The highest of these.
    n_iter_ : int
        Epochs of the last call; of "lbfgs", iterations.
    t_ : int
        Rows seen in training.
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

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
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
    ) -> None:
        self._set_parameters(locals())

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
        if is_first_partial_fit(self, classes):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(y)
        return X, self._targets(y)

    def _check_classes(self, y: Array) -> None:
        """Raise if labels do not go with those of earlier calls."""
        classes = unique_labels(y)
        if self.warm_start:
            if set(classes) != set(self.classes_):
                raise ValueError(
                    "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                    f"Previously got {self.classes_}, `y` has {classes}"
                )
        elif len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _targets(self, y: Array) -> Array:
        """Return the number of each row's class, shape (n, 1), or bits, shape (n, labels)."""
        if self._is_multiclass() and y.ndim == 1:
            return np.searchsorted(self.classes_, y).astype(np.int32)[:, np.newaxis]
        bits: Array = self._label_binarizer.transform(y)
        return bits.astype(np.uint8)

    def _is_multiclass(self) -> bool:
        return bool(self._label_binarizer.y_type_ == "multiclass")

    def _outputs_of(self, targets: Array) -> int:
        return len(self.classes_) if self._is_multiclass() else targets.shape[1]

    def _output_activation(self) -> str:
        return "softmax" if self._is_multiclass() else "logistic"

    def _loss(self) -> str:
        return "log_loss"

    def _stratifies(self) -> bool:
        return self.n_outputs_ == 1

    def _validation_score(self, held_out: Samples) -> float:
        """Return the accuracy, of whole rows where there are several labels."""
        outputs = self._outputs(held_out.inputs[0], check_input=False)
        predicted = outputs.argmax(axis=1)[:, np.newaxis] if self._is_multiclass() else outputs > 0.5
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
