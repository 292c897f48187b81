"""Perceptron: scikit-learn's, trained by the engine."""

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

from fastmlp.estimators._one_vs_rest import train_each, train_pair
from fastmlp.estimators._parameters import keep_parameters
from fastmlp.estimators._scikit_learn import (
    Interval,
    StrOptions,
    check_sample_weight,
    fit_context,
    is_first_partial_fit,
)
from fastmlp.estimators._threshold_units import LabelledRows
from fastmlp.models._data.arrays import refuse_places_outside

Array = NDArray[Any]


class Perceptron(ClassifierMixin, BaseEstimator):
    """Linear classifier that learns from its mistakes, as in ``sklearn.linear_model``, with the same numbers.

    A row that is on the wrong side of a class's hyperplane, or on it, is added to the weights of that class or
    subtracted from them; others change nothing (Rosenblatt, 1958). Of several classes each is told from all others.
    ``Perceptron()`` learns what ``SGDClassifier(loss="perceptron", learning_rate="constant", eta0=1, penalty=None)``
    learns.

    Parameters
    ----------
    penalty : {'l2', 'l1', 'elasticnet'}, optional
        What is added to the loss: `alpha` times half the squared norm of the weights, their absolute sum, or a mixture.
    alpha : float, default 0.0001
        Factor of the penalty.
    l1_ratio : float, default 0.15
        Share of the absolute sum in the mixture 'elasticnet', from 0 to 1.
    fit_intercept : bool, default True
        Whether hyperplanes may lie beside the origin.
    max_iter : int, default 1000
        Most epochs of `fit`.
    tol : float or None, default 0.001
        Training stops when the mean loss of an epoch was not below the least one by `tol` for `n_iter_no_change` epochs
        in a row; None: never.
    shuffle : bool, default True
        Whether rows come in a new order in each epoch.
    verbose : int, default 0
        Whether each epoch is reported.
    eta0 : float, default 1.0
        What a mistake's row is multiplied by.
    n_jobs : int, optional
        Threads that train classes side by side; None is 1 unless joblib's context says otherwise. The result does not
        depend on it.
    random_state : int, RandomState or None, default 0
        Of the order of the rows and of the rows held out.
    early_stopping : bool, default False
        Whether to hold out rows and stop by their score instead of the loss.
    validation_fraction : float, default 0.1
        Share of the rows held out for early stopping.
    n_iter_no_change : int, default 5
        Epochs without progress before training stops.
    class_weight : dict, 'balanced' or None, optional
        Weights of the rows of each class; 'balanced': the inverse of its share of the rows.
    warm_start : bool, default False
        Whether `fit` begins with the weights of the fit before.

    Attributes
    ----------
    classes_ : array, shape (n_classes,)
        The labels, sorted.
    coef_ : array, shape (1, n_features) for two classes, else (n_classes, n_features)
        Weights.
    intercept_ : array, shape (1,) for two classes, else (n_classes,)
        What is added to the rows' products with the weights.
    n_features_in_, feature_names_in_
        Number of features, and their names if they have any.
    n_iter_ : int
        Epochs of the last fit; the most of any class.
    t_ : float
        1 plus the rows seen: epochs times rows.

    References
    ----------
    .. [1] F. Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain",
       Psychological Review 65, 1958.
    .. [2] Y. Tsuruoka, J. Tsujii and S. Ananiadou, "Stochastic gradient descent training for L1-regularized log-linear
       models with cumulative penalty", ACL 2009: how the absolute sum is kept low.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from fastmlp import Perceptron
    >>> X, y = load_digits(return_X_y=True)
    >>> Perceptron().fit(X, y).score(X, y) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "penalty": [StrOptions({"l2", "l1", "elasticnet"}), None],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left"), None],
        "shuffle": ["boolean"],
        "verbose": ["verbose"],
        "eta0": [Interval(Real, 0, None, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "warm_start": ["boolean"],
    }

    # What of scikit-learn's SGDClassifier is the same for every Perceptron.
    loss: ClassVar[str] = "perceptron"
    learning_rate: ClassVar[str] = "constant"
    power_t: ClassVar[float] = 0.5
    epsilon: ClassVar[float] = 0.1
    average: ClassVar[bool] = False

    penalty: str | None
    alpha: float
    l1_ratio: float
    fit_intercept: bool
    max_iter: int
    tol: float | None
    shuffle: bool
    verbose: int
    eta0: float
    n_jobs: int | None
    random_state: int | np.random.RandomState | None
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    class_weight: dict[Any, float] | str | None
    warm_start: bool

    classes_: Array
    coef_: Any  # dense, or CSR after `sparsify`
    intercept_: Array
    n_iter_: int
    t_: float

    def __init__(
        self,
        *,
        penalty: str | None = None,
        alpha: float = 0.0001,
        l1_ratio: float = 0.15,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float | None = 1e-3,
        shuffle: bool = True,
        verbose: int = 0,
        eta0: float = 1.0,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: dict[Any, float] | str | None = None,
        warm_start: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    # ---- learning ----

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, coef_init: Any = None, intercept_init: Any = None, sample_weight: Any = None) -> Self:
        """Learn until there is no more progress.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Rows. float32 and float64 stay what they are; CSR is read where it lies.
        y : array-like, shape (n_samples,)
            Labels.
        coef_init, intercept_init : array-like, optional
            Where learning begins, in the shapes of `coef_` and `intercept_`.
        sample_weight : array-like, shape (n_samples,), optional
            What each row counts, times the weight of its class.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an argument does not fit, or the weights grow out of all bounds.
        """
        y = validate_data(self, y=y)
        classes = np.unique(y)
        if self.warm_start and hasattr(self, "coef_"):
            coef_init = self.coef_ if coef_init is None else coef_init
            intercept_init = self.intercept_ if intercept_init is None else intercept_init
        for name in ("classes_", "coef_", "intercept_"):
            if hasattr(self, name):
                delattr(self, name)
        self.t_ = 1.0
        self._learn(X, y, classes, sample_weight, coef_init, intercept_init, self.max_iter)
        if self.tol is not None and self.n_iter_ == self.max_iter:
            warnings.warn(
                "Maximum number of iteration reached before convergence. Consider increasing max_iter to improve the "
                "fit.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Learn from each row once, from where the weights are.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Rows.
        y : array-like, shape (n_samples,)
            Labels.
        classes : array-like, shape (n_classes,), optional
            All labels that will come; needed in the first call.
        sample_weight : array-like, shape (n_samples,), optional
            What each row counts.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an argument does not fit, or the weights grow out of all bounds.
        """
        if not hasattr(self, "classes_"):
            if self.early_stopping:
                raise ValueError("early_stopping should be False with partial_fit")
            if self.class_weight == "balanced":
                raise ValueError(
                    "class_weight 'balanced' is not supported for partial_fit. In order to use 'balanced' weights, use "
                    "compute_class_weight('balanced', classes=classes, y=y). In place of y you can use a large enough "
                    "sample of the full training set target to properly estimate the class frequency distributions. "
                    "Pass the resulting weights as the class_weight parameter."
                )
        return self._learn(X, y, classes, sample_weight, None, None, 1)

    def _learn(
        self, X: Any, y: Any, classes: Any, sample_weight: Any, coef_init: Any, intercept_init: Any, max_iter: int
    ) -> Self:
        refuse_places_outside(X)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse="csr",
            dtype=self.coef_.dtype if hasattr(self, "coef_") else [np.float64, np.float32],
            order="C",
            accept_large_sparse=False,
            reset=not hasattr(self, "classes_"),
        )
        is_first_partial_fit(self, classes)
        class_weights = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
        weights = check_sample_weight(sample_weight, X, dtype=X.dtype, allow_all_zero=self.early_stopping)
        coef, intercept = self._start(X, coef_init, intercept_init)
        if not hasattr(self, "t_"):
            self.t_ = 1.0
        if len(self.classes_) < 2:
            self.coef_, self.intercept_ = coef.ravel(), intercept
            raise ValueError(f"The number of classes has to be greater than one; got {len(self.classes_)} class")
        train = train_pair if len(self.classes_) == 2 else train_each
        self.intercept_, self.n_iter_ = train(
            self, LabelledRows(X, y, weights), class_weights, coef, intercept, max_iter
        )
        self.coef_ = coef
        self.t_ += self.n_iter_ * X.shape[0]
        return self

    def _start(self, X: Any, coef_init: Any, intercept_init: Any) -> tuple[Array, Array]:
        """Return the weights that learning begins with, to be changed in place."""
        if hasattr(self, "coef_"):
            if issparse(self.coef_):
                raise TypeError(f"`coef_` must be dense: call densify() first. Received: {type(self.coef_).__name__}")
            return np.require(self.coef_, requirements=["C", "WRITEABLE"]), self.intercept_
        units = len(self.classes_) if len(self.classes_) > 2 else 1
        coef = np.zeros((units, X.shape[1]), dtype=X.dtype)
        intercept = np.zeros(units, dtype=X.dtype)
        if coef_init is not None:
            coef_init = np.asarray(coef_init, dtype=X.dtype)
            if units > 1 and coef_init.shape != coef.shape:
                raise ValueError("Provided ``coef_`` does not match dataset. ")
            if coef_init.size != coef.size:
                raise ValueError("Provided coef_init does not match dataset.")
            coef[:] = coef_init.reshape(coef.shape)
        if intercept_init is not None:
            intercept_init = np.asarray(intercept_init, dtype=X.dtype)
            if intercept_init.shape != (units,) and (units > 1 or intercept_init.shape != ()):
                raise ValueError("Provided intercept_init does not match dataset.")
            intercept[:] = intercept_init
        return coef, intercept

    # ---- use ----

    def decision_function(self, X: Any) -> Array:
        """Return how far rows are on a class's side of its hyperplane.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Rows.

        Returns
        -------
        array, shape (n_samples,) for two classes, else (n_samples, n_classes)
            Of two classes, the second is meant where the number is positive.
        """
        check_is_fitted(self)
        refuse_places_outside(X)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        scores = safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
        return scores.ravel() if scores.shape[1:] == (1,) else scores

    def predict(self, X: Any) -> Array:
        """Return the labels of rows.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Rows.

        Returns
        -------
        array, shape (n_samples,)
        """
        scores = self.decision_function(X)
        chosen = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[chosen]

    def sparsify(self) -> Self:
        """Keep the weights as a CSR matrix, which saves memory where most are zero; `densify` before learning on."""
        check_is_fitted(self, msg="Estimator, %(name)s, must be fitted before sparsifying.")
        as_csr = csr_array if get_config().get("sparse_interface") == "sparray" else csr_matrix
        self.coef_ = as_csr(self.coef_)
        return self

    def densify(self) -> Self:
        """Keep the weights as an array again."""
        check_is_fitted(self, msg="Estimator, %(name)s, must be fitted before densifying.")
        if issparse(self.coef_):
            self.coef_ = self.coef_.toarray()
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
