"""What MLPClassifier and MLPRegressor share: parameters, the way from data to a fitted network, and back to outputs."""

from abc import ABC, abstractmethod
from operator import index
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fastmlp.estimators import _conversion, _gradients
from fastmlp.estimators._activations import Activation
from fastmlp.estimators._evaluation import GivenRows
from fastmlp.estimators._lbfgs import LBFGS, LossAndGradient
from fastmlp.estimators._network import readable
from fastmlp.estimators._network_owner import NetworkOwner
from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._parameters import CONSTRAINTS
from fastmlp.estimators._rates import RatePolicy
from fastmlp.estimators._scikit_learn import CallbackSupportMixin, check_sample_weight, fit_context
from fastmlp.estimators._stochastic import Stochastic
from fastmlp.models import Sequential
from fastmlp.models._data.samples import Samples
from fastmlp.optimizers import Optimizer

Array = NDArray[Any]


class BaseMLP(CallbackSupportMixin, NetworkOwner, ABC):
    """Parameters, fitting and outputs of both estimators; see there."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    hidden_layer_sizes: Any
    solver: str | Optimizer
    alpha: float
    batch_size: Any
    learning_rate: Any
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool | int
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    callbacks: Any
    scoring: Any
    restore_best: bool
    n_threads: int | None

    _rate_policy: RatePolicy  # made with the optimizer, and kept like that
    n_outputs_: int
    loss_curve_: list[float]
    validation_scores_: Any  # None, or a list of numbers
    best_validation_score_: Any  # a number or None
    best_loss_: Any
    validation_loss_curve_: Any  # None, or a list of numbers
    best_validation_loss_: Any

    # Fitting

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, eval_set: Any = None) -> Self:
        """Train with rows of X and their targets.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Inputs, of float32 or float64; others are converted to float64. CSR is trained with as it is.
        y : array-like, shape (n_samples,) or (n_samples, n_outputs)
            Targets: class labels, or numbers for the regressor.
        sample_weight : array-like, shape (n_samples,), optional
            Weights of the rows; 1 by default.
        eval_set : tuple, optional
            (X, y) or (X, y, sample_weight) to judge by after each epoch, or iteration of "lbfgs": see
            `validation_loss_curve_`. With `early_stopping`, it replaces the rows held out.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, eval_set, incremental=False)

    def _fit(self, X: Any, y: Any, sample_weight: Any, eval_set: Any = None, *, incremental: bool) -> Self:
        hidden = self._hidden_sizes()
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        solver = (LBFGS if self.solver == "lbfgs" else Stochastic)(self, anew=first)
        read, labels = self._read(X, y, incremental, first)
        targets = self._targets(labels)
        weights = None if sample_weight is None else check_sample_weight(sample_weight, read)
        weights = self._weighted_by_class(weights, labels, read.dtype)
        self._count_outputs(targets, first)
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize([read.shape[1], *hidden, self.n_outputs_], read.dtype.name)
        solver.prepare()
        given = GivenRows(X, y, sample_weight, self._samples(read, targets, weights))
        solver.run(given, eval_set, incremental=incremental)
        if not self._has_finite_weights():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _count_outputs(self, targets: Array, first: bool) -> None:
        """Set `n_outputs_`, or raise if the network has another number of outputs."""
        outputs = self._outputs_of(targets)
        if not first and outputs != self.n_outputs_:
            raise ValueError(
                f"`y` must have {self.n_outputs_} columns, as in the call that made the network. Received: {outputs}"
            )
        self.n_outputs_ = outputs

    def _hidden_sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        if np.any(np.array(sizes) <= 0):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        if any(isinstance(size, bool) for size in sizes):
            raise TypeError("an integer is required")
        return [index(size) for size in sizes]

    def _initialize(self, sizes: list[int], dtype: str) -> None:
        """Draw new weights and forget what was learnt."""
        self.n_iter_ = 0
        self.t_ = 0
        self.n_layers_ = len(sizes)
        self.out_activation_ = self._output_activation()
        self._draw_network(sizes, dtype)
        self._keep_best()

    def _samples(self, X: Any, targets: Array, sample_weight: Array | None) -> Samples:
        """Return validated data as the engine reads them."""
        rows = readable(X, self._trained_network().dtype)
        return Samples([rows], [targets], [] if sample_weight is None else [sample_weight])

    def _loss_grad_lbfgs(
        self, packed_coef_inter: Array, X: Any, y: Array, sample_weight: Array | None, *work_arrays: object
    ) -> tuple[float, Array]:
        """Return loss and gradient at packed weights, with the arguments of scikit-learn's private method."""
        network = self._trained_network()
        target = y.argmax(axis=1)[:, np.newaxis] if self.out_activation_ == "softmax" else y
        samples = self._samples(X, target, sample_weight)
        return LossAndGradient(network, samples, self._objective(), self.alpha)(packed_coef_inter)

    # Outputs

    def _outputs(self, X: Any, *, check_input: bool = True) -> Array:
        """Return the activated outputs, shape (n_samples, n_outputs)."""
        return self._trained_network().predict(self._read_inputs(X) if check_input else X, self.n_threads)

    def _read_inputs(self, X: Any) -> Any:
        """Return validated rows to compute outputs of."""
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        if X.dtype.kind in "mM":
            np.matmul(X[:1], self.coefs_[0])  # NumPy refuses dates and durations, in the words that scikit-learn's have
        return X

    def hidden_activations(self, X: Any) -> list[Array]:
        """Return what the hidden layers put out.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        list of numpy.ndarray
            Shape (n_samples, units) for each hidden layer.
        """
        check_is_fitted(self)
        return self._trained_network().hidden_activations(self._read_inputs(X), self.n_threads)

    def input_gradients(self, X: Any, output: int | None = None) -> Array:
        """Return the derivatives of the activated outputs by the features.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            Inputs.
        output : int, optional
            Number of an output; by default all.

        Returns
        -------
        numpy.ndarray, shape (n_samples, n_features), or (n_samples, n_outputs, n_features) for several outputs
        """
        check_is_fitted(self)
        return _gradients.input_gradients(self, self._read_inputs(X), output)

    def to_keras(self) -> Sequential:
        """Return the trained network as a model of fastmlp's, with the activation of the output, in the same dtype."""
        check_is_fitted(self)
        return _conversion.to_keras(self)

    def to_sklearn(self) -> Any:
        """Return scikit-learn's estimator of the same name, with what this one has learnt.

        Parameters that scikit-learn doesn't know, or not with these values, have its defaults there.

        Raises
        ------
        ValueError
            If scikit-learn cannot compute the same: other activations than its own, or several.
        """
        return _conversion.to_sklearn(self)

    @classmethod
    def from_sklearn(cls, estimator: Any) -> Self:
        """Return an estimator with the parameters of scikit-learn's of the same name, and with what that has learnt.

        `partial_fit` and warm starts go on as they would there.
        """
        return _conversion.from_sklearn(cls, estimator)

    # What the estimators add

    @abstractmethod
    def _read(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        """Return validated rows and labels, those of earlier calls in mind."""

    @abstractmethod
    def _validated(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Array]:
        """Return validated rows and labels."""

    @abstractmethod
    def _known(self, labels: Array) -> Array:
        """Return labels, or raise if there are some that were never trained with."""

    @abstractmethod
    def _targets(self, labels: Array) -> Array:
        """Return labels as the engine takes them."""

    @abstractmethod
    def _weighted_by_class(self, sample_weight: Array | None, labels: Array, dtype: Any) -> Array | None:
        """Return the weights of rows, times those of their classes."""

    @abstractmethod
    def _outputs_of(self, targets: Array) -> int:
        """Return how many outputs it takes for targets."""

    @abstractmethod
    def _output_activation(self) -> Activation:
        """Return the activation of the output, by scikit-learn's name where it has one."""

    @abstractmethod
    def _objective(self, dtype: str | None = None) -> Objective:
        """Return the loss, as scikit-learn computes it in a dtype; by default, the network's."""

    @abstractmethod
    def _stratifies(self) -> bool:
        """Tell whether rows held out keep the classes' shares."""

    @abstractmethod
    def _validation_score(self, held_out: Samples) -> float:
        """Return the score on rows held out."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
