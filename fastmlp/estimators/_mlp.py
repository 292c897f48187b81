"""What MLPClassifier and MLPRegressor share: parameters, the way from data to a fitted network, and back to outputs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from fastmlp.estimators import _conversion, _gradients, _lbfgs
from fastmlp.estimators._activations import Activation, factors, of_layers
from fastmlp.estimators._callbacks import Hooks
from fastmlp.estimators._evaluation import Given, Validation, held_out, read_eval_set
from fastmlp.estimators._network import Network, readable
from fastmlp.estimators._objectives import Objective
from fastmlp.estimators._parameters import CONSTRAINTS
from fastmlp.estimators._scikit_learn import CallbackSupportMixin, check_sample_weight, fit_context, with_callbacks
from fastmlp.estimators._slots import Slots, attach, detached
from fastmlp.estimators._solvers import optimizer_of, policy_of, refuse_with_lbfgs
from fastmlp.estimators._stochastic import Epochs
from fastmlp.estimators._stopping import Stopping
from fastmlp.models import Sequential
from fastmlp.models._samples import Samples
from fastmlp.optimizers import Optimizer

Array = NDArray[Any]


class BaseMLP(CallbackSupportMixin, BaseEstimator, ABC):
    """Parameters, fitting and outputs of both estimators; see there."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    hidden_layer_sizes: Any
    activation: Any
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
    dropout: Any
    callbacks: Any
    scoring: Any
    restore_best: bool
    n_threads: int | None

    coefs_: list[Array]
    intercepts_: list[Array]
    loss_curve_: list[float]
    validation_scores_: Any  # None, or a list of numbers
    best_validation_score_: Any  # a number or None
    best_loss_: Any
    validation_loss_curve_: Any  # None, or a list of numbers
    best_validation_loss_: Any
    stop_training = False
    _best_coefs: list[Array]
    _best_intercepts: list[Array]
    _slots: Slots  # of an optimizer that awaits its network

    def _set_parameters(self, given: Mapping[str, Any]) -> None:
        """Keep the arguments of a constructor under their names, as they are: scikit-learn's clone wants that."""
        for name, value in given.items():
            if name != "self":
                setattr(self, name, value)

    # Fitting

    @fit_context(prefer_skip_nested_validation=True)
    @with_callbacks
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
            (X, y) or (X, y, sample_weight) to judge by after each epoch: see `validation_loss_curve_`. With
            `early_stopping`, it replaces the rows held out.

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, eval_set, incremental=False)

    def _fit(self, X: Any, y: Any, sample_weight: Any, eval_set: Any = None, *, incremental: bool) -> Self:
        hidden = self._hidden_sizes()
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        refuse_with_lbfgs(self, eval_set)
        read, labels = self._read(X, y, incremental, first)
        targets = self._targets(labels, "float64" if self.solver == "lbfgs" else read.dtype.name)
        weights = None if sample_weight is None else check_sample_weight(sample_weight, read)
        weights = self._weighted_by_class(weights, labels, read.dtype)
        self.n_outputs_ = self._outputs_of(targets)
        self._random_state = check_random_state(self.random_state)
        if first:
            self._initialize([read.shape[1], *hidden, self.n_outputs_], read.dtype)
        if self.solver == "lbfgs":
            self._widen()
        given = Given(X, y, self._samples(read, targets, weights))
        if self.solver == "lbfgs":
            with Hooks(self, X, y, sample_weight, len(given.samples), 1, silent=False):
                _lbfgs.minimize(self, given.samples, self._objective())
        else:
            self._fit_by_epochs(given, sample_weight, eval_set, incremental=incremental)
        if not self._has_finite_weights():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _has_finite_weights(self) -> bool:
        return all(np.isfinite(weights).all() for weights in (*self.coefs_, *self.intercepts_))

    def _samples(self, X: Any, targets: Array, sample_weight: Array | None) -> Samples:
        """Return validated data as the engine reads them."""
        rows = readable(X, self._trained_network().dtype)
        return Samples([rows], [targets], [] if sample_weight is None else [sample_weight])

    def _hidden_sizes(self) -> list[int]:
        given = self.hidden_layer_sizes
        sizes = list(given) if hasattr(given, "__iter__") else [given]
        if np.any(np.array(sizes) <= 0):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return sizes

    def _dropout(self, layers: int) -> list[float]:
        """Return the rate of each of so many hidden layers."""
        rates = [float(rate) for rate in of_layers("dropout", self.dropout, layers)]
        if not all(0 <= rate < 1 for rate in rates):
            raise ValueError(f"dropout must be in [0, 1). Received: {self.dropout!r}")
        return rates

    def _fit_by_epochs(self, given: Given, sample_weight: Any, eval_set: Any, *, incremental: bool) -> None:
        if not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = optimizer_of(self)
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        objective, order, validation = self._objective(), None, None
        if eval_set is not None:
            validation = Validation(self, read_eval_set(self, eval_set), objective)
        elif self.early_stopping:
            order, kept = held_out(self, given)
            validation = Validation(self, kept, None)
        epochs = Epochs(self, given.samples, order, objective)
        with Hooks(self, given.X, given.y, sample_weight, epochs.rows, epochs.steps, silent=incremental) as hooks:
            epochs.run(self._optimizer, policy_of(self), Stopping(self, validation), hooks, once=incremental)
            self._optimizer.finalize_variable_values(self._network.variables)
            if (self.early_stopping or self.restore_best) and not incremental:
                self._network.adopt(self._best_coefs, self._best_intercepts)
                # as in scikit-learn, where a warm start that finds nothing better keeps its last weights
                self._best_coefs, self._best_intercepts = self.coefs_, self.intercepts_

    def _initialize(self, sizes: list[int], dtype: Any) -> None:
        """Draw new weights and forget what was learnt."""
        self.n_iter_ = 0
        self.t_ = 0
        self.n_layers_ = len(sizes)
        self.out_activation_ = self._output_activation()
        self._network = self._new_network(sizes, dtype.name)
        self._draw_weights()
        self.coefs_, self.intercepts_ = self._network.coefs, self._network.intercepts
        self._keep_best()
        if self.solver == "lbfgs":
            return
        self.loss_curve_ = []
        self._no_improvement_count = 0
        self.best_loss_ = None if self.early_stopping else np.inf
        self.validation_scores_ = self.best_validation_score_ = None
        self.validation_loss_curve_ = self.best_validation_loss_ = None

    def _draw_weights(self) -> None:
        """Draw kernels and biases, layer by layer, from X. Glorot's uniform distribution of its kind."""
        network = self._network
        of_kernels = factors(self.activation, self.n_layers_ - 2)
        for factor, kernel, bias in zip(of_kernels, network.kernels, network.biases, strict=True):
            bound = np.sqrt(factor / sum(kernel.shape))
            for variable in (kernel, bias):
                variable.assign(self._random_state.uniform(-bound, bound, variable.shape))

    def _loss_grad_lbfgs(
        self, packed_coef_inter: Array, X: Any, y: Array, sample_weight: Array | None, *work_arrays: object
    ) -> tuple[float, Array]:
        """Return loss and gradient at packed weights, with the arguments of scikit-learn's private method."""
        network = self._trained_network()
        target = y.argmax(axis=1)[:, np.newaxis] if self.out_activation_ == "softmax" else y
        samples = self._samples(X, target, sample_weight)
        return _lbfgs.LossAndGradient(network, samples, self._objective(), self.alpha)(packed_coef_inter)

    def _widen(self) -> None:
        """Make the weights float64, as SciPy's vector of them is; scikit-learn's stay so, too."""
        self.coefs_ = [coef.astype(np.float64, copy=False) for coef in self.coefs_]
        self.intercepts_ = [intercept.astype(np.float64, copy=False) for intercept in self.intercepts_]

    def _keep_best(self) -> None:
        """Remember the weights as the best ones so far."""
        self._best_coefs = [coef.copy() for coef in self.coefs_]
        self._best_intercepts = [intercept.copy() for intercept in self.intercepts_]

    # The network

    def _new_network(self, sizes: Sequence[int], dtype: str) -> Network:
        layers = len(sizes) - 2
        hidden = of_layers("activation", self.activation, layers)
        network = Network(sizes, hidden, self._dropout(layers), self.out_activation_, dtype)
        network.made_with = self.activation, self.dropout
        return network

    def _trained_network(self) -> Network:
        """Return the network with the weights of `coefs_` and `intercepts_`, which somebody may have set.

        It has the activations and the dropout of now, as in scikit-learn: they may be others than in the last call.
        """
        network: Network | None = getattr(self, "_network", None)
        as_made = network is not None and all(map(is_, network.made_with, (self.activation, self.dropout)))
        if network is not None and as_made and network.holds(self.coefs_, self.intercepts_):
            return network
        sizes = [*(coef.shape[0] for coef in self.coefs_), self.coefs_[-1].shape[1]]
        dtype = self.coefs_[0].dtype.name
        fits = network is not None and (network.sizes, network.dtype) == (sizes, dtype)
        if network is None or not (fits and as_made):  # after unpickling, say
            made = self._new_network(sizes, dtype)
            if network is not None and fits and hasattr(self, "_optimizer"):
                self._optimizer, self._slots = detached(self._optimizer, network.variables)
            network = self._network = made
        slots = self.__dict__.pop("_slots", None)
        if slots is not None:
            self._optimizer = attach(self._optimizer, network.variables, slots)
        network.adopt(self.coefs_, self.intercepts_)
        self.coefs_, self.intercepts_ = network.coefs, network.intercepts
        return network

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: arrays by name; the network is made again when it is needed."""
        state = dict(super().__getstate__())
        network = state.pop("_network", None)
        if network is not None and "_optimizer" in state:
            state["_optimizer"], state["_slots"] = detached(state["_optimizer"], network.variables)
        return state

    def _outputs(self, X: Any, *, check_input: bool = True) -> Array:
        """Return the activated outputs, shape (n_samples, n_outputs)."""
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return self._trained_network().predict(X, self.n_threads)

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
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return self._trained_network().hidden_activations(X, self.n_threads)

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
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        return _gradients.input_gradients(self, X, output)

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

    # What callbacks of fastmlp's ask of a model

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer of the last fit."""
        return self._optimizer

    def get_weights(self) -> list[Array]:
        """Return copies of the weights: W and b of the first layer, of the second, ..."""
        return [variable.numpy() for variable in self._trained_network().variables]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Take over what `get_weights` returned."""
        for variable, array in zip(self._trained_network().variables, weights, strict=True):
            variable.assign(array)

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
    def _targets(self, labels: Array, dtype: str) -> Array:
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
    def _objective(self) -> Objective:
        """Return the loss."""

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
